"""``gaussmix show``: the summary of a fit that was saved."""

from __future__ import annotations

from pathlib import Path

import click

from gaussmix.cli.failures import told_plainly
from gaussmix.cli.options import debug_option
from gaussmix.cli.output import say
from gaussmix.cli.values import FilePath


@click.command(short_help="Print the summary of a saved model.")
@click.argument("model", type=FilePath())
@click.option("--json", "as_json", is_flag=True, help="Print every number as JSON in place of the text.")
@debug_option
def show(model: Path, as_json: bool, debug: bool) -> None:
    """Print the summary of MODEL, a file that "gaussmix fit" or GaussianMixture.save has written."""
    # Here, so that --help and wrong usage answer at once.
    from gaussmix.cli.summary import record_of, summary_of, width
    from gaussmix.estimators.loading import load
    from gaussmix.insight.record import to_json
    from gaussmix.insight.text import fit_text

    with told_plainly(model, debug):
        loaded = load(model)
        summary = summary_of(loaded)
        if as_json:
            text = to_json({"estimator": loaded.get_params(deep=False), **record_of(loaded, summary)})
        else:
            text = fit_text(summary, width())
        say(text)
