"""``gaussmix fit``: a mixture of the rows of a file."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gaussmix.cli.failures import Interrupted, told_plainly
from gaussmix.cli.interrupts import WRITING, Interrupts, first_one_kept
from gaussmix.cli.options import (
    debug_option,
    fitted_columns_option,
    rank_option,
    refuse_weight_among,
    reg_covar_option,
    threads_option,
    weight_option,
)
from gaussmix.cli.output import say
from gaussmix.cli.rows import dialect_options, open_rows, tell_notes
from gaussmix.cli.values import COVARIANCES, FilePath, number_of_components, number_or_auto, seconds

if TYPE_CHECKING:
    from gaussmix.core.source import Source
    from gaussmix.estimators.gaussian_mixture import GaussianMixture
    from gaussmix.estimators.selection import Selection

AUTO = "auto"
ASSIGNMENTS, MODEL, SUMMARY = "assignments.csv", "model.gmm", "summary.json"


@dataclass(frozen=True)
class Settings:
    """What the command line says about the fit."""

    n_components: int | str
    covariance: str
    rank: int | None
    weights: str
    tol: float | str
    reg_covar: float | str
    max_iter: int
    n_init: int
    seed: int
    threads: int | None
    time_limit: float | None


@click.command(short_help="Fit a Gaussian mixture to the rows of a file.", context_settings={"show_default": True})
@click.argument("file", metavar="FILE", type=FilePath(str))
@click.option(
    "-k",
    "--components",
    "n_components",
    metavar="NUMBER|auto",
    callback=number_of_components,
    required=True,
    help="Number of components; auto: what select finds among 1 to 9, and the covariance if not given.",
)
@click.option(
    "--covariance",
    type=click.Choice(COVARIANCES),
    default="full",
    metavar="NAME",
    help=(
        "full: one covariance for each component, tied: one for all, diag: only along the axes, spherical: only balls; "
        "one of mclust's names from EII to VVV (E, V for one column); or low_rank: few directions beside noise."
    ),
)
@rank_option
@fitted_columns_option
@weight_option
@click.option(
    "--weights",
    type=click.Choice(["free", "equal"]),
    default="free",
    help="Whether the components' weights are estimated or all alike.",
)
@click.option(
    "--tol",
    metavar="NUMBER|auto",
    callback=number_or_auto,
    default="auto",
    help=(
        "Stop when the mean log-likelihood changes by less; auto: when less than 1e-7 a row is left to gain, "
        "or after 30 iterations less than 0.1 in all and the last gained less than 0.001."
    ),
)
@reg_covar_option
@click.option(
    "--max-iter",
    type=click.IntRange(min=0),
    default=1000,
    help="Most iterations of each start.",
)
@click.option(
    "--n-init",
    type=click.IntRange(min=1),
    default=1,
    help="How many of the best starts of a race to polish on all rows; the best fit is kept.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    help="Of the starts: the same seed gives the same result.",
)
@threads_option
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.0),
    callback=seconds,
    metavar="SECONDS",
    help="After which no iteration begins, nor a run in the race of starts; the fit then is what it has come to.",
)
@click.option(
    "--events",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="File that gets a line of JSON for every start and iteration, while the fit runs.",
)
@click.option(
    "--checkpoint",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Model file that holds the best mixture so far, written anew every minute while the fit runs.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of the same rows, if it is there.")
@click.option(
    "-o",
    "--output",
    type=FilePath(),
    metavar="DIR",
    help=f"Folder for {ASSIGNMENTS}, {MODEL} and {SUMMARY}; no files are written without it.",
)
@dialect_options
@click.option("--force", is_flag=True, help="Replace files of an earlier run.")
@click.option("--json", "as_json", is_flag=True, help=f"Print {SUMMARY} in place of the text.")
@debug_option
def fit(
    file: str,
    columns: tuple[str, ...] | None,
    weight: str | None,
    output: Path | None,
    events: Path | None,
    checkpoint: Path | None,
    resume: bool,
    force: bool,
    as_json: bool,
    debug: bool,
    dialect: dict[str, Any],
    **settings: Any,
) -> None:
    """Fit a Gaussian mixture to the rows of FILE.

    FILE is CSV (with a header line), Parquet or Feather; a folder of such files or a pattern ("parts/*.parquet"); or -
    for standard input.

    Prints a summary. With -o DIR it also writes assignments.csv (the number of each row from 0, its component, the
    probability of every component, its log-density), model.gmm (which the other commands and gaussmix.load read) and
    summary.json (every number of the fit).
    """
    refuse_weight_among(columns, weight)
    is_auto = settings["n_components"] == AUTO
    if is_auto and (events or checkpoint):
        raise click.UsageError("-k auto makes many fits: --events and --checkpoint are for one of a given number.")
    if resume and checkpoint is None:
        raise click.UsageError("--resume goes on from a checkpoint; say from which with --checkpoint FILE.")
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.cli.folder import write_together
    from gaussmix.cli.outcome import Outcome
    from gaussmix.cli.summary import width
    from gaussmix.insight.text import fit_text

    with told_plainly(file, debug):
        chosen = Settings(**settings)
        check = partial(_check_places, output, events, checkpoint, resume, force)
        check(Path(file))
        rows = open_rows(file, columns, weight, dialect).for_passes()  # the fit's, and the one that assigns rows
        check(*rows.paths)  # once more, now that it is known which files FILE means
        with first_one_kept() as interrupts:
            found = _chosen(rows, chosen, interrupts) if is_auto else None
            model = _fitted(rows, chosen, events, checkpoint, resume, interrupts) if found is None else found.best
            interrupts.answer = WRITING
            outcome = Outcome(model, rows, weight, asdict(chosen), file, found)
            written: list[Path] = []
            if output is None:
                outcome.count()
            else:
                files = {ASSIGNMENTS: outcome.write_assignments, MODEL: model.save, SUMMARY: outcome.write_record}
                written = write_together(output, files)  # in this order: the model is told how its rows were assigned
            tell_notes(rows)
            # The whole text is at hand before any of it is printed.
            before = "" if found is None else f"{found.text(width())}\n"
            text = outcome.record if as_json else before + fit_text(outcome.summary, width())
            say(text)
            for path in written:
                click.echo(f"wrote {path}", err=True)
            if not outcome.summary.converged and chosen.max_iter > 0:
                click.echo("warning: not converged; the summary says what to do", err=True)
    if interrupts.pressed:
        click.get_current_context().exit(Interrupted.exit_code)


def _chosen(rows: Source, settings: Settings, interrupts: Interrupts) -> Selection:
    """The search that ``-k auto`` asks for: of all structures, unless one is given."""
    from gaussmix.cli.select import selected

    given = click.get_current_context().get_parameter_source("covariance") is not ParameterSource.DEFAULT
    return selected(
        rows,
        interrupts,
        n_components=None,
        structures=(settings.covariance,) if given else "all",
        rank=settings.rank,
        criterion="bic",
        seed=settings.seed,
        threads=settings.threads,
        time_limit=settings.time_limit,
        weights=settings.weights,
        tol=settings.tol,
        reg_covar=settings.reg_covar,
        max_iter=settings.max_iter,
        n_init=settings.n_init,
    )


def _check_places(
    output: Path | None, events: Path | None, checkpoint: Path | None, resume: bool, force: bool, *read: Path
) -> None:
    """See that all files can be written, and none is replaced that must not be."""
    from gaussmix.cli.folder import check_free
    from gaussmix.cli.output import check_apart, check_file
    from gaussmix.cli.resuming import check_checkpoint

    results = [] if output is None else [("-o", output / name) for name in (ASSIGNMENTS, MODEL, SUMMARY)]
    others = [("--events", events), ("--checkpoint", checkpoint)]
    check_apart([*results, *((option, path) for option, path in others if path is not None)], output)
    if output is not None:
        check_free(output, (ASSIGNMENTS, MODEL, SUMMARY), force, *read)
    if events is not None:
        check_file(events, force, *read, option="--events")
    if checkpoint is not None:
        check_checkpoint(checkpoint, resume, force, *read)


def _fitted(
    rows: Source,
    settings: Settings,
    events: Path | None,
    checkpoint: Path | None,
    resume: bool,
    interrupts: Interrupts,
) -> GaussianMixture:
    from gaussmix.cli.resuming import begun, finished
    from gaussmix.cli.watching import watched
    from gaussmix.errors import FitWarning
    from gaussmix.estimators.gaussian_mixture import GaussianMixture

    model = GaussianMixture(
        int(settings.n_components),
        covariance_type=settings.covariance,
        rank=settings.rank,
        weights=settings.weights,
        tol=settings.tol,
        reg_covar=settings.reg_covar,
        max_iter=settings.max_iter,
        n_init=settings.n_init,
        random_state=settings.seed,
        n_threads=settings.threads,
        time_limit=settings.time_limit,
    )
    if checkpoint is not None:
        model = begun(model, rows, checkpoint, resume)
    doing = f"Fitting {rows.n_features} columns …"
    with watched(doing, events, interrupts) as watch, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FitWarning)
        # The status says it in the command's own words.
        warnings.filterwarnings("ignore", message="Best performing initialization did not converge")
        model.set_params(callback=watch).fit(rows).set_params(callback=None)
    if checkpoint is not None:
        finished(model)
    ended = [event.text for event in model.events_ if event.kind == "stopped"]
    for text in [*(warning.message for warning in caught), *ended]:
        click.echo(f"warning: {text}", err=True)
    return model
