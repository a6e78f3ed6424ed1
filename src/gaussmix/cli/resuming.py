"""A fit that keeps what it has in a file, and another that goes on from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gaussmix.cli.output import check_file
from gaussmix.errors import DataError, FileError

if TYPE_CHECKING:
    from gaussmix.core.source import Source
    from gaussmix.estimators.gaussian_mixture import GaussianMixture


def check_checkpoint(path: Path, resume: bool, force: bool, *read: Path) -> None:
    """See before any work that a checkpoint can be written, and takes nothing away that is not asked for.

    Parameters
    ----------
    path : Path
        The file.
    resume : bool
        Whether the fit goes on from it if it is there.
    force : bool
        Whether it may be replaced by a new fit.
    *read : Path
        Files that are read, which are never replaced.

    Raises
    ------
    FileError
        If it cannot.
    """
    if path.is_file() and not (resume or force) and not any(f.exists() and path.samefile(f) for f in read):
        raise FileError(
            f"{path} is there already; give --resume to go on from it, --force to begin anew, or another --checkpoint"
        )
    check_file(path, True, *read, option="--checkpoint")


def begun(model: GaussianMixture, rows: Source, path: Path, resume: bool) -> GaussianMixture:
    """The estimator with its checkpoint; where it is to go on from one, as far as that had come.

    That the checkpoint is of these rows is seen when the fit has gone over them.

    Parameters
    ----------
    model : GaussianMixture
        As the command line asks for it.
    rows : Source
        What is to be fitted.
    path : Path
        The checkpoint.
    resume : bool
        Whether to go on from it, if it is there.

    Raises
    ------
    ModelFileError
        If it is no model.
    DataError
        If it is of other columns.
    """
    from gaussmix.estimators.checkpoint import CheckpointFile
    from gaussmix.estimators.fitted import feature_names
    from gaussmix.estimators.loading import load

    # What is there may go, by --force, but not before there is something in its place.
    model.set_params(checkpoint=CheckpointFile(path, replaces=True, same_rows=True))
    if resume and not path.exists():
        click.echo(f"note: there is no {path} yet; the fit begins anew", err=True)
    if not (resume and path.exists()):
        return model
    last = load(path)
    names, wanted = feature_names(last), tuple(map(str, rows.feature_names or ()))
    if names != wanted:
        raise DataError(f"{path} is a fit of the columns {', '.join(names or ())}, and here are {', '.join(wanted)}")
    ended = f", where a fit has ended ({last.status_.value})" if hasattr(last, "status_") else ""
    click.echo(f"note: the fit goes on from {path}{ended}", err=True)
    # Of fewer components than were asked for, where some had been dropped.
    is_same = last.n_components == model.n_components
    n_components = last.mixture_.n_components if is_same else model.n_components
    return last.set_params(**{**model.get_params(), "warm_start": True, "n_components": n_components})


def finished(model: GaussianMixture) -> None:
    """Have the components in the order in which a fit gives them that nobody interrupted."""
    from gaussmix.estimators.order import canonical_order

    if model.warm_start:
        model.relabel(model.means_[canonical_order(model.weights_, model.means_)])
    model.set_params(warm_start=False, checkpoint=None)
