"""docs/structures.md and docs/extend-structure.md are right: the table, and the file that is shown."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaussmix.core.frame import Scaling
from gaussmix.data.memory import MemorySource
from gaussmix.em.status import Status
from gaussmix.em.stopping import AitkenTolerance
from gaussmix.families.structures import NAMES, RANKED, STRUCTURES, UNIVARIATE, structure_named
from gaussmix.fitting.fit import fit_mixture
from gaussmix.fitting.recipe import Recipe
from gaussmix.fitting.start import KMeansStart
from gaussmix.kernels.automatic import AutomaticKernel

DOCS = Path(__file__).parents[2] / "docs"
SHAPES = {"spherical": "(k)", "diagonal": "(k, d)", "full": "(k, d, d)", "tied": "(d, d)", "low_rank": "(k, d, d)"}


def test_the_table():
    page = (DOCS / "structures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \| .*? \| (\d+) \| (\(.*?\)) \| (.*?) \|$", page, re.MULTILINE)
    told = set()
    for names, count, shape, stays in rows:
        for name in re.findall(r"`(\w+)`", names):
            structure = structure_named(name)
            assert structure.n_parameters(3, 5) == int(count)
            assert SHAPES[structure.form.name] == shape
            assert (structure.scaling is Scaling.COMMON) == stays.startswith("one factor")
            told.add(name)
    assert told == set(NAMES) - set(UNIVARIATE)
    assert len(rows) == len(STRUCTURES) + len(RANKED)


def test_the_file_that_is_shown(clusters):
    page = (DOCS / "extend-structure.md").read_text(encoding="utf-8")
    names: dict = {"__name__": "needle"}
    exec(compile(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], "needle.py", "exec"), names)
    recipe = Recipe(3, names["Needle"](), False, None, AitkenTolerance(1e-8), 200)
    source = MemorySource(clusters(300, 3, 3))
    found = fit_mixture(source, AutomaticKernel(1), recipe, KMeansStart(), np.random.default_rng(0), 1)
    assert found.result.status is Status.CONVERGED
    covariance = found.mixture.family.covariance
    np.testing.assert_array_equal(covariance[:, 1], covariance[:, 2])
    assert found.mixture.n_parameters == 2 + 9 + 6
