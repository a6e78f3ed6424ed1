"""Which of the engines are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.engines.interface import Engine


class Installed(NamedTuple):
    """The engines that can be used, and in words why others cannot."""

    engines: dict[str, Engine]
    versions: dict[str, str]  # of what does the work, by package
    missing: list[str]


def installed(known: Mapping[str, Engine], names: str) -> Installed:
    """Return what is there of the engines asked for, by name, with commas."""
    asked = names.split(",")
    if unknown := set(asked) - set(known):
        raise SystemExit(f"No engine {', '.join(sorted(unknown))}: there are {', '.join(known)}")
    found = Installed({}, {}, [])
    for name in (name for name in known if name in asked):
        try:
            found.versions.update(known[name].versions())
        except ImportError as error:
            found.missing.append(f"Without {name}: {error}")
        else:
            found.engines[name] = known[name]
    return found
