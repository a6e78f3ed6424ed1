"""``gaussmix predict``: which component each row of a file is of, by a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaussmix.cli.failures import told_plainly
from gaussmix.cli.output import check_file, table_file, table_options
from gaussmix.cli.rows import dialect_options, open_rows, tell_notes
from gaussmix.cli.values import names

if TYPE_CHECKING:
    from gaussmix.core.source import Source
    from gaussmix.estimators.gaussian_mixture import GaussianMixture


@click.command(short_help="Assign the rows of a file to the components of a saved model.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", metavar="DATA", type=click.Path())
@click.option(
    "--columns",
    metavar="NAME,NAME,…",
    callback=names,
    help="Columns to use, in the model's order, where DATA has other names for them.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Most threads; all processors if not given.")
@dialect_options
@table_options
def predict(
    model: Path,
    data: str,
    columns: tuple[str, ...] | None,
    threads: int | None,
    output: Path | None,
    force: bool,
    debug: bool,
    dialect: dict[str, Any],
) -> None:
    """Assign the rows of DATA to the components of MODEL.

    DATA is CSV, Parquet or Feather; a folder of such files or a pattern ("parts/*.parquet"); or - for standard input.

    Writes CSV as "gaussmix fit" does: the number of each row from 0, its component, the probability of every
    component, its log-density. Columns are found by the names that the model was fitted with; others do not matter.
    """
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.cli.assignments import WANTED, assignments
    from gaussmix.data.csv import write_csv
    from gaussmix.estimators.loading import load

    with told_plainly(data, debug):
        if output is not None:
            check_file(output, force, model, Path(data))
        loaded = load(model).set_params(n_threads=threads)
        rows = _rows_for(loaded, data, columns, dialect)
        if output is not None:  # once more, now that it is known which files DATA means
            check_file(output, force, model, *rows.paths)
        table = assignments(loaded.row_results(rows, WANTED))
        tell_notes(rows)
        with table_file(output) as file:
            write_csv(file, table)


def _rows_for(model: GaussianMixture, data: str, columns: tuple[str, ...] | None, dialect: dict[str, Any]) -> Source:
    """The columns of a file that a model is to be told, in its order.

    Raises
    ------
    DataError
        If they are not there.
    """
    from gaussmix.errors import DataError
    from gaussmix.estimators.fitted import feature_names

    wanted = feature_names(model) if columns is None else columns
    rows = open_rows(data, wanted, None, dialect, patterns=columns is not None)
    n_features = model.mixture_.n_features
    if rows.n_features != n_features:
        why = "" if columns is not None else ", without names; say with --columns which of the file's they are"
        raise DataError(f"{rows.n_features} columns are here and the model has {n_features}{why}")
    return rows
