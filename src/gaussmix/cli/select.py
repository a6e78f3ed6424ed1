"""``gaussmix select``: how many groups are in the rows of a file, and of what shape."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaussmix.cli.failures import Interrupted, told_plainly
from gaussmix.cli.interrupts import WRITING, first_one_kept
from gaussmix.cli.options import (
    debug_option,
    fitted_columns_option,
    refuse_weight_among,
    reg_covar_option,
    threads_option,
    weight_option,
)
from gaussmix.cli.output import check_file, say
from gaussmix.cli.rows import dialect_options, open_rows, tell_notes
from gaussmix.cli.values import FilePath, numbers, seconds, structures

if TYPE_CHECKING:
    from gaussmix.cli.interrupts import Interrupts
    from gaussmix.core.source import Source
    from gaussmix.estimators.selection import Selection

CRITERIA = ("bic", "aic", "aicc", "icl", "held_out", "bootstrap")
"""What `gaussmix.selection.judges` knows by name, which is not asked: the command's help needs no NumPy."""


@click.command(short_help="Choose the number of components and the structure.", context_settings={"show_default": True})
@click.argument("file", metavar="FILE", type=FilePath(str))
@click.option(
    "-k",
    "--components",
    "n_components",
    metavar="NUMBERS",
    callback=numbers,
    default="1-9",
    help="Numbers of components to try: '1-9', or '2,3,5'.",
)
@click.option(
    "--structures",
    metavar="NAME,NAME,…",
    callback=structures,
    default="all",
    help="Covariance structures to try, by the names that fit knows; all: mclust's fourteen (E and V for one column).",
)
@click.option(
    "--rank",
    metavar="NUMBERS",
    callback=numbers,
    help="Directions (factors) of each component of low_rank, where it is among the structures: '2', or '1,2,4'; 1 if "
    "not given.",
)
@click.option(
    "--criterion",
    type=click.Choice(CRITERIA),
    default="bic",
    help=(
        "What to choose by. held_out fits everything again without each of some folds of the rows; bootstrap tests "
        "each number of components against one more, by fits to draws."
    ),
)
@click.option("--folds", "n_folds", type=click.IntRange(min=2), metavar="NUMBER", help="Of held_out; 5 if not given.")
@click.option(
    "--draws",
    "n_draws",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Of bootstrap: most draws of a test; 199 if not given.",
)
@click.option(
    "--level",
    type=click.FloatRange(min=0.0, max=1.0, min_open=True, max_open=True),
    metavar="NUMBER",
    help="Of bootstrap: reject a number of components where the p-value is not above this; 0.05 if not given.",
)
@fitted_columns_option
@weight_option
@reg_covar_option
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="The same seed gives the same result.")
@threads_option
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.0),
    callback=seconds,
    metavar="SECONDS",
    help="After which no fit begins; the table then says what was not tried, or not measured.",
)
@click.option(
    "-o",
    "--output",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Model file for the best fit, which the other commands and gaussmix.load read.",
)
@dialect_options
@click.option("--force", is_flag=True, help="Replace the file of an earlier run.")
@click.option("--json", "as_json", is_flag=True, help="Print every fit as JSON in place of the text.")
@debug_option
def select(
    file: str,
    columns: tuple[str, ...] | None,
    weight: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    debug: bool,
    dialect: dict[str, Any],
    **settings: Any,
) -> None:
    """Choose how many components the rows of FILE need, and of what shape.

    FILE is CSV (with a header line), Parquet or Feather; a folder of such files or a pattern ("parts/*.parquet"); or -
    for standard input.

    Prints the best five of all combinations and what to make of them. Ctrl-C ends the search with what it has come to.
    """
    refuse_weight_among(columns, weight)
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.cli.summary import width
    from gaussmix.insight.record import to_json

    with told_plainly(file, debug):
        if output is not None:
            check_file(output, force, Path(file))
        rows = open_rows(file, columns, weight, dialect).for_passes()
        if output is not None:
            check_file(output, force, *rows.paths)
        with first_one_kept() as interrupts:
            found = selected(rows, interrupts, **settings)
            # Rows of a source do not know what their weights were called.
            found.best.fitted_rows_ = replace(found.best.fitted_rows_, weight_name=weight)
            interrupts.answer = WRITING
            if output is not None:
                found.best.save(output)
            tell_notes(rows)
            data = {"file": file, "columns": rows.feature_names, "weight": weight}
            text = to_json({"settings": settings, "data": data, **found.to_dict()}) if as_json else found.text(width())
            say(text)
            if output is not None:
                click.echo(f"wrote {output}", err=True)
    if interrupts.pressed:
        click.get_current_context().exit(Interrupted.exit_code)


def selected(
    rows: Source,
    interrupts: Interrupts,
    *,
    n_components: tuple[int, ...] | None,
    structures: str | tuple[str, ...],
    criterion: str,
    seed: int,
    threads: int | None,
    time_limit: float | None,
    **model: Any,
) -> Selection:
    """The search that a command asks for; meanwhile it is shown how far it is.

    Parameters
    ----------
    rows : Source
        To be fitted.
    interrupts : Interrupts
        Whether the user has had enough.
    n_components, structures, criterion, seed, threads, time_limit
        As the command line says; no numbers are the default ones.
    **model
        Further parameters of `AutoGaussianMixture`.
    """
    from gaussmix.cli.watching import search_watched
    from gaussmix.errors import DataWarning
    from gaussmix.estimators.auto_gaussian_mixture import AutoGaussianMixture

    search = AutoGaussianMixture(
        n_components,
        structures=structures,
        criterion=criterion,
        random_state=seed,
        n_jobs=threads,
        time_limit=time_limit,
        **model,
    )
    with (
        search_watched(f"Choosing among fits of {rows.n_features} columns …", interrupts) as watch,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", DataWarning)  # told below, and by who opened the rows
        found = search.set_params(callback=watch).fit(rows).selection_
    for note in found.notes:
        click.echo(f"warning: {note}", err=True)
    return found
