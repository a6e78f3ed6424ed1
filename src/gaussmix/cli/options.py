"""Options that mean the same for several commands; each command names those that it has."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gaussmix.cli.values import names, number_or_auto

fitted_columns_option = click.option(
    "--columns",
    metavar="NAME,NAME,…",
    callback=names,
    help=(
        "Columns to fit: names, patterns (temp_*), and what to leave out (!id, !note_*); "
        "all but the weight if not given."
    ),
)
weight_option = click.option("--weight", metavar="NAME", help="Column of row weights: how often each row counts.")
rank_option = click.option(
    "--rank",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Directions (factors) of each component with --covariance low_rank; 1 if not given.",
)
reg_covar_option = click.option(
    "--reg-covar",
    metavar="NUMBER|auto",
    callback=number_or_auto,
    default="auto",
    help="Added to the covariances' diagonals, in squared units; auto: a weak prior relative to the data.",
)
threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Most threads; all processors if not given. The result does not depend on it.",
)
debug_option = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


def refuse_weight_among(columns: Sequence[str] | None, weight: str | None, otherwise: str = "fitted") -> None:
    """See that the column of weights is none of those that are asked for.

    Raises
    ------
    UsageError
        If it is; ``otherwise`` says what the others are.
    """
    if columns is not None and weight in columns:
        raise click.UsageError(f"column {weight!r} cannot be both {otherwise} and the weight.")
