"""``gaussmix predict``: which component each row of a file is of, by a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gaussmix.cli.failures import told_plainly
from gaussmix.cli.options import threads_option
from gaussmix.cli.output import check_file, check_kind, put_table, table_options
from gaussmix.cli.rows import dialect_options, open_rows, tell_notes
from gaussmix.cli.values import FilePath, names

if TYPE_CHECKING:
    from gaussmix.core.source import Source
    from gaussmix.estimators.gaussian_mixture import GaussianMixture


@click.command(short_help="Assign the rows of a file to the components of a saved model.")
@click.argument("model", type=FilePath())
@click.argument("data", metavar="DATA", type=FilePath(str))
@click.option(
    "--columns",
    metavar="NAME,NAME,…",
    callback=names,
    help="Columns to use, in the model's order, where DATA has other names for them.",
)
@click.option(
    "--results",
    metavar="NAME,NAME,…",
    callback=names,
    help="Which to write, of row, label, probability and log_density; all if not given.",
)
@threads_option
@dialect_options
@table_options
def predict(
    model: Path,
    data: str,
    columns: tuple[str, ...] | None,
    threads: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    debug: bool,
    dialect: dict[str, Any],
    results: tuple[str, ...] | None,
) -> None:
    """Assign the rows of DATA to the components of MODEL.

    DATA is CSV, Parquet or Feather; a folder of such files or a pattern ("parts/*.parquet"); or - for standard input.

    Writes what "gaussmix fit" does: the number of each row from 0, its component, the probability of every
    component, its log-density; as CSV, with --json as a line of JSON for each row, or as what the suffix of -o FILE
    says (.parquet, .feather). There may be more rows than memory holds. Columns are found by the names that the model
    was fitted with; others do not matter.
    """
    check_kind(output, as_json)
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.cli.watching import rows_counted
    from gaussmix.data.tables import check_format
    from gaussmix.estimators.assignments import COLUMNS, assignments, check_columns, wanted_for
    from gaussmix.estimators.loading import load

    with told_plainly(data, debug):
        wanted = COLUMNS if results is None else results
        check_columns(wanted)
        if output is not None:
            check_file(output, force, model, Path(data))
            check_format(output)
        loaded = load(model).set_params(n_threads=threads)
        rows = _rows_for(loaded, data, columns, dialect)
        if output is not None:  # once more, now that it is known which files DATA means
            check_file(output, force, model, *rows.paths)
        table = assignments(loaded.row_result_parts(rows, wanted_for(wanted)), wanted)
        put_table(output, as_json, table if output is None else rows_counted("Predicting …", table))
        tell_notes(rows)


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
