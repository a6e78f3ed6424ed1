"""Arguments of a mixture's own questions."""

from __future__ import annotations

import numpy as np
import pytest

from gaussmix.errors import ConfigError


@pytest.fixture
def mixture(make_mixture):
    return make_mixture("full", 2, 3)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([3], "whole numbers from 0 to 2"),
        ([-1], "whole numbers from 0 to 2"),
        ([0.5], "whole numbers from 0 to 2"),
        ([True, False, True], "whole numbers from 0 to 2"),
        ([], "at least one"),
        (1, "at least one"),
        ([1, 1], "each feature may be named once"),
    ],
)
def test_features_that_are_none(mixture, features, said):
    with pytest.raises(ConfigError, match=said):
        mixture.marginal(features)
    with pytest.raises(ConfigError, match=said):
        mixture.conditional(features, np.zeros(np.size(features)))


@pytest.mark.parametrize("values", [[1.0, 2.0], [], 1.0, [np.nan], [np.inf]])
def test_values_that_are_not_one_finite_number_each(mixture, values):
    with pytest.raises(ConfigError, match="values must be 1 finite numbers"):
        mixture.conditional([0], values)


def test_some_feature_must_be_left(mixture):
    with pytest.raises(ConfigError, match="all 3 features are known"):
        mixture.conditional([2, 0, 1], np.zeros(3))
