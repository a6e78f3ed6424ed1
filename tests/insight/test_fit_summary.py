"""The numbers of a summary."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.em.status import Status
from gaussmix.insight.fit_summary import Ending, FitSummary, Rows
from gaussmix.insight.record import fit_record, to_json
from gaussmix.insight.text import fit_text


def fitted(X: np.ndarray, k: int, covariance: str) -> tuple[GaussianMixture, FitSummary]:
    model = GaussianMixture(k, covariance_type=covariance, random_state=0).fit(X)
    rows = Rows(len(X), float(len(X)), tuple(np.bincount(model.predict(X), minlength=k).tolist()))
    ending = Ending(model.status_, model.n_iter_)
    return model, FitSummary.of(model.mixture_, model.log_likelihood_, rows, ending)


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.normal(0, 1, (80, 3)) * [1e-5, 1, 1e8] + [0, 50, 1e9]


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_numbers_are_the_estimator_s(data, covariance):
    X = data if covariance != "spherical" else data / [1e-5, 1, 1e8]
    model, summary = fitted(X, 2, covariance)
    assert summary.bic == pytest.approx(model.bic_, rel=1e-14)
    assert summary.aic == pytest.approx(model.aic_, rel=1e-14)
    assert summary.converged is model.converged_
    assert summary.feature_names == ("x0", "x1", "x2")
    variance = {
        "full": lambda c: np.diagonal(c, axis1=1, axis2=2),
        "tied": lambda c: np.tile(np.diagonal(c), (2, 1)),
        "diag": lambda c: c,
        "spherical": lambda c: np.tile(c[:, np.newaxis], 3),
    }[covariance](model.covariances_)
    for j, component in enumerate(summary.components):
        assert component.number == j
        assert component.weight == model.weights_[j]
        assert component.mean == tuple(model.means_[j])
        np.testing.assert_allclose(component.standard_deviation, np.sqrt(variance[j]), rtol=1e-12)
    assert sum(component.n_assigned for component in summary.components) == len(X)


@pytest.mark.parametrize(
    ("covariance", "n_features", "name", "described"),
    [
        ("full", 2, "VVV", "ellipsoidal, varying volume, shape, and orientation"),
        ("tied", 2, "EEE", "ellipsoidal, equal volume, shape, and orientation"),
        ("diag", 2, "VVI", "diagonal, varying volume and shape"),
        ("spherical", 2, "VII", "spherical, varying volume"),
        ("EVI", 2, "EVI", "diagonal, equal volume, varying shape"),
        ("VEV", 2, "VEV", "ellipsoidal, equal shape"),
        ("VVV", 2, "VVV", "ellipsoidal, varying volume, shape, and orientation"),
        ("EEV", 1, "E", "univariate, equal variance"),
        ("full", 1, "V", "univariate, unequal variance"),
        ("spherical", 1, "V", "univariate, unequal variance"),
        ("tied", 1, "E", "univariate, equal variance"),
    ],
)
def test_models_have_mclust_s_names(covariance, n_features, name, described):
    X = np.random.default_rng(0).normal(size=(40, n_features))
    _, summary = fitted(X, 1, covariance)
    assert (summary.model_name, summary.model_description) == (name, described)


def test_rows_that_nobody_has_counted(data):
    model = GaussianMixture(2, random_state=0).fit(data)
    ending = Ending(model.status_, model.n_iter_)
    summary = FitSummary.of(model.mixture_, model.log_likelihood_, Rows(len(data), float(len(data)), None), ending)
    assert fit_record(summary, model.mixture_, model.history_)["components"][0]["rows"] is None
    assert " rows        " in fit_text(summary)
    assert "–" in fit_text(summary)


def test_record_is_strict_json(data):
    model, summary = fitted(data, 2, "full")
    text = to_json({**fit_record(summary, model.mixture_, model.history_), "odd": [np.inf, np.nan]})
    record = json.loads(text)
    assert "NaN" not in text
    assert "Infinity" not in text
    assert record["odd"] == [None, None]
    assert record["parameters"]["means"] == model.means_.tolist()
    assert record["components"][0]["mean"]["x2"] == model.means_[0, 2]
    assert record["fit"]["status"] == Status.CONVERGED.value
