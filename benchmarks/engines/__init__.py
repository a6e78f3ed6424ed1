"""The engines, one file each. Ours comes first: it is what the others are compared with."""

from __future__ import annotations

from benchmarks.engines.gaussmix import Gaussmix
from benchmarks.engines.gmmx import Gmmx
from benchmarks.engines.interface import Engine, Fit, Outcome
from benchmarks.engines.onedal import OneDAL
from benchmarks.engines.pomegranate import Pomegranate
from benchmarks.engines.scikit_learn import ScikitLearn
from benchmarks.engines.stepmix import StepMix
from benchmarks.engines.tgmm import Tgmm

ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (Gaussmix(), ScikitLearn(), OneDAL(), Gmmx(), Tgmm(), Pomegranate(), StepMix())
}
OURS = Gaussmix.name
USUAL = (OURS, "scikit-learn", "oneDAL")
"""What is compared where nothing else is asked for; the others come with the optional group `peers`."""

__all__ = ["ENGINES", "OURS", "USUAL", "Engine", "Fit", "Outcome"]
