"""The command ``gaussmix``; every subcommand has a file of its own."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

from gaussmix import __version__
from gaussmix.cli.check import check
from gaussmix.cli.completion import completion
from gaussmix.cli.configuration import configurable
from gaussmix.cli.failures import EXIT_CODES
from gaussmix.cli.fit import fit
from gaussmix.cli.group import Group
from gaussmix.cli.predict import predict
from gaussmix.cli.sample import sample
from gaussmix.cli.select import select
from gaussmix.cli.show import show


@click.group(cls=Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gaussmix")
def main() -> None:
    """Mixture modelling: soft clusters of the rows of a table, and its density.

    Results go to standard output, messages to standard error.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal without some letter of a column's name still gets the rest.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


for command in (check, select, fit, show, predict, sample):
    main.add_command(configurable(command))
main.add_command(completion)
