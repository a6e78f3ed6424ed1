"""The grid: numbers, structures, and which contains which."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.errors import ConfigError
from gaussmix.families.structures import STRUCTURES, structure_named
from gaussmix.selection.cells import contains, numbers_of, structures_of

FOURTEEN = ["EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"]


def test_numbers():
    assert numbers_of(3) == (3,)
    assert numbers_of([5, 2, 2]) == (2, 5)
    assert numbers_of(np.int64(2)) == (2,)
    assert numbers_of(np.array([3, 2])) == (2, 3)
    for wrong in ([], [0], [1.5], ["two"], 0, [True, 2], [False]):
        with pytest.raises(ConfigError, match="whole numbers from 1"):
            numbers_of(wrong)


def test_all_are_mclusts_fourteen():
    assert [structure.mclust_name for structure in structures_of("all", 5)] == FOURTEEN
    assert {structure.mclust_name for structure in structures_of("all", 2)} == set(FOURTEEN)
    assert [structure.name for structure in structures_of("all", 1)] == ["EII", "spherical"]
    for names in (["VVV", "full", "EEE"], np.array(["VVV", "EEE"])):
        assert [structure.name for structure in structures_of(names, 3)] == ["tied", "full"]
    with pytest.raises(ConfigError, match="there is no covariance structure"):
        structures_of("XYZ", 2)
    with pytest.raises(ConfigError, match="at least one"):
        structures_of([], 2)


def test_what_is_contained_has_fewer_parameters():
    pairs = 0
    for one in map(structure_named, FOURTEEN):
        assert contains(one, one)
        for other in map(structure_named, FOURTEEN):
            if one is not other and contains(one, other):
                pairs += 1
                assert one.n_parameters(3, 4) > other.n_parameters(3, 4)
    assert pairs > 40
    assert not contains(STRUCTURES["EVI"], STRUCTURES["VEI"])
