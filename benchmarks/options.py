"""Options that several of the commands have."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from benchmarks import machine
from benchmarks.clocks import CLOCKS


def add_clock(parser: ArgumentParser) -> None:
    """With how many threads, and what seconds are counted by."""
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="processor: for one thread beside other work"
    )


def add_record(parser: ArgumentParser) -> None:
    """The same, and where the figures go."""
    add_clock(parser)
    parser.add_argument("--json", type=Path, metavar="PATH")


def add_engines(parser: ArgumentParser, engines: Iterable[str], usual: Iterable[str], repeat: int, most: float) -> None:
    """Which engines take turns, how often, and when one is asked no more."""
    parser.add_argument("--engines", default=",".join(usual), help=f"by name, with commas: {', '.join(engines)}")
    parser.add_argument("--repeat", type=int, default=repeat)
    parser.add_argument("--patience", type=float, default=1.0, help="seconds after which an engine is not repeated")
    parser.add_argument(
        "--most", type=float, default=most, metavar="SECONDS", help="an iteration, for an engine to be asked for more"
    )
