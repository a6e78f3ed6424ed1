"""The engines, one file each. Ours comes first: it is what the others are compared with."""

from __future__ import annotations

from benchmarks.engines.gaussmix import Gaussmix
from benchmarks.engines.interface import Engine, Fit, Outcome
from benchmarks.engines.onedal import OneDAL
from benchmarks.engines.scikit_learn import ScikitLearn

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Gaussmix(), ScikitLearn(), OneDAL())}

__all__ = ["ENGINES", "Engine", "Fit", "Outcome"]
