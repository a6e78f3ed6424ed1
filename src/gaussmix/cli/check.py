"""``gaussmix check``: what of the rows of a file a fit would refuse, or be misled by."""

from __future__ import annotations

from typing import Any

import click

from gaussmix.cli.failures import told_plainly
from gaussmix.cli.options import debug_option, rank_option, refuse_weight_among, weight_option
from gaussmix.cli.output import say
from gaussmix.cli.rows import dialect_options, file_of
from gaussmix.cli.values import COVARIANCES, FilePath, names


@click.command(short_help="Look at the rows of a file before a fit.", context_settings={"show_default": True})
@click.argument("file", metavar="FILE", type=FilePath(str))
@click.option(
    "-k",
    "--components",
    "n_components",
    type=click.IntRange(min=1),
    help="Number of components that are to be fitted; rows are then compared with the parameters of so many.",
)
@click.option(
    "--covariance",
    type=click.Choice(COVARIANCES),
    default="full",
    metavar="NAME",
    help="Covariances that are to be fitted.",
)
@rank_option
@click.option(
    "--columns",
    metavar="NAME,NAME,…",
    callback=names,
    help="Columns to look at: names, patterns (temp_*), and what to leave out (!id, !note_*); all if not given.",
)
@weight_option
@dialect_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON in place of the text.")
@debug_option
def check(
    file: str,
    n_components: int | None,
    covariance: str,
    rank: int | None,
    columns: tuple[str, ...] | None,
    weight: str | None,
    as_json: bool,
    debug: bool,
    dialect: dict[str, Any],
) -> None:
    """Look at the rows of FILE before a mixture is fitted to them.

    FILE is CSV (with a header line), Parquet or Feather; a folder of such files or a pattern ("parts/*.parquet"); or -
    for standard input.

    Prints what a fit would refuse (errors), what would mislead it (warnings) and what is good to know (notes), and what
    to do about each. The exit code is 0 whatever is found; with --json, "ok" says whether there is more than notes.
    """
    refuse_weight_among(columns, weight, "looked at")
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.cli.summary import width
    from gaussmix.data.csv import Dialect
    from gaussmix.estimators.data_check import check_data
    from gaussmix.insight.record import to_json

    with told_plainly(file, debug):
        found = check_data(
            file_of(file),
            n_components=n_components,
            covariance_type=covariance,
            rank=rank,
            sample_weight=weight,
            columns=columns,
            dialect=Dialect(**dialect),
        )
        settings = {"n_components": n_components, "covariance": covariance, "rank": rank}
        data = {"file": file, "weight": weight}
        text = to_json({"settings": settings, "data": data, **found.to_dict()}) if as_json else found.text(width())
        say(text)
