"""Promise 7: score(X), lower_bound_, log_likelihood_ and the history's last row belong to what is returned."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gaussmix import GaussianMixture

ROUNDING = 1e-14
"""The same sum of the same terms: only the division by the sum of weights may round differently."""


def fit(model: GaussianMixture, *data: object, **more: object) -> GaussianMixture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is the point here
        return model.fit(*data, **more)


@pytest.mark.parametrize("reg_covar", ["auto", 0.0, 1e-2])
@pytest.mark.parametrize("max_iter", [0, 1, 7, 1000])
def test_the_reported_values_are_those_of_the_parameters(clusters, structure, each_kernel, max_iter, reg_covar):
    x = clusters(700, 3, 3, seed=6)
    model = GaussianMixture(3, covariance_type=structure, max_iter=max_iter, reg_covar=reg_covar, random_state=0)
    fit(model, x)
    n = len(x)
    assert model.score(x) == pytest.approx(model.lower_bound_, rel=ROUNDING)
    assert model.log_likelihood_ == pytest.approx(n * model.lower_bound_, rel=ROUNDING)
    assert model.history_[-1].log_likelihood == model.log_likelihood_
    # Row by row, in another order of summation.
    assert model.score_samples(x).sum() == pytest.approx(model.log_likelihood_, rel=1e-12)
    assert len(model.history_) == model.n_iter_ + 1 <= max_iter + 1
    assert len(model.lower_bounds_) == model.n_iter_
    if model.n_iter_:
        assert model.lower_bounds_[-1] == pytest.approx(model.lower_bound_, rel=ROUNDING)
    df = model.mixture_.n_parameters
    assert model.bic_ == pytest.approx(-2 * model.log_likelihood_ + df * np.log(n), rel=ROUNDING)
    assert model.aic_ == pytest.approx(-2 * model.log_likelihood_ + 2 * df, rel=ROUNDING)
    assert model.bic(x) == pytest.approx(model.bic_, rel=ROUNDING)
    assert model.aic(x) == pytest.approx(model.aic_, rel=ROUNDING)


def test_with_weights_of_rows(clusters, structure, each_kernel):
    x = clusters(400, 2, 2, seed=7)
    weight = np.random.default_rng(0).choice([0.0, 0.5, 1.0, 3.0], size=len(x))
    model = fit(GaussianMixture(2, covariance_type=structure, random_state=0), x, sample_weight=weight)
    assert model.score(x, sample_weight=weight) == pytest.approx(model.lower_bound_, rel=1e-13)
    assert weight @ model.score_samples(x) == pytest.approx(model.log_likelihood_, rel=1e-12)
    assert model.log_likelihood_ == pytest.approx(weight.sum() * model.lower_bound_, rel=ROUNDING)


def test_of_the_best_of_several_starts(clusters):
    x = clusters(300, 2, 5, seed=9)
    model = fit(GaussianMixture(5, random_state=3, n_init=4), x)
    objectives = [attempt.objective for attempt in model.starts_]
    assert np.isfinite(objectives).sum() == 4  # the others only ran the race
    assert max(objectives) == model.history_[-1].objective
    assert model.starts_[int(np.argmax(objectives))].n_iter == model.n_iter_
    assert model.score(x) == pytest.approx(model.lower_bound_, rel=ROUNDING)


def test_the_public_parameters_are_those_that_score(clusters, structure):
    """A mixture given the fitted public parameters as its start is the same mixture."""
    x = clusters(300, 3, 3, seed=1) * [1.0, 1e3, 1e-3] + [5.0, 0.0, -2.0]
    model = fit(GaussianMixture(3, covariance_type=structure, random_state=0), x)
    again = GaussianMixture(
        3,
        covariance_type=structure,
        max_iter=0,
        weights_init=model.weights_,
        means_init=model.means_,
        precisions_init=model.precisions_,
    ).fit(x)
    # Through the precisions, whose condition number here is at most some 1e3 after scaling.
    np.testing.assert_allclose(again.score_samples(x), model.score_samples(x), rtol=1e-10)
