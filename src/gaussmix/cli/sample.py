"""``gaussmix sample``: rows drawn from a saved model."""

from __future__ import annotations

from pathlib import Path

import click

from gaussmix.cli.failures import told_plainly
from gaussmix.cli.output import check_file, check_kind, put_table, table_options
from gaussmix.cli.values import FilePath

LABEL = "label"
"""The column of components, as in assignments."""


@click.command(short_help="Draw rows from a saved model.", context_settings={"show_default": True})
@click.argument("model", type=FilePath())
@click.option("-n", "--rows", "n_rows", type=click.IntRange(min=1), required=True, help="Number of rows.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    help="The same seed gives the same rows.",
)
@click.option("--labels", is_flag=True, help=f"Add a column {LABEL!r}: the component that a row was drawn from.")
@table_options
def sample(
    model: Path,
    n_rows: int,
    seed: int,
    labels: bool,
    output: Path | None,
    force: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Draw rows from MODEL, with the columns that it was fitted to.

    Rows come grouped by component.
    """
    check_kind(output, as_json)
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.data.tables import check_format
    from gaussmix.errors import ConfigError
    from gaussmix.estimators.fitted import feature_names
    from gaussmix.estimators.loading import load

    with told_plainly(model, debug):
        if output is not None:
            check_file(output, force, model)
            check_format(output)
        loaded = load(model).set_params(random_state=seed)
        draws, components = loaded.sample(n_rows)
        names = feature_names(loaded) or tuple(f"x{j}" for j in range(draws.shape[1]))
        if labels and LABEL in names:
            raise ConfigError(f"the model has a column {LABEL!r} of its own; leave --labels away")
        table = dict(zip(names, draws.T, strict=True))
        put_table(output, as_json, [{**table, LABEL: components} if labels else table])
