"""scikit-learn's own checks of estimators, all of them, for ours and for the one that the patch puts in place."""

from __future__ import annotations

import pytest
from sklearn.base import ClusterMixin, DensityMixin, TransformerMixin
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from gaussmix import GaussianMixture
from gaussmix.estimators import drop_in

# What the checks are about is not whether their few rows of noise converge, or are enough.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::gaussmix.errors.FitWarning"),
]


@parametrize_with_checks([GaussianMixture(), drop_in.GaussianMixture()])
def test_check_estimator(estimator, check):
    check(estimator)


def test_kinds():
    model = GaussianMixture()
    assert all(isinstance(model, kind) for kind in (ClusterMixin, DensityMixin, TransformerMixin))
    assert get_tags(model).estimator_type == "density_estimator"
    assert get_tags(model).transformer_tags is not None
