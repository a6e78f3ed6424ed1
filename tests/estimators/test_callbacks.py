"""scikit-learn's callback protocol: who is told what, and that a callback may end a fit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gaussmix import GaussianMixture
from gaussmix.em.status import Status
from gaussmix.errors import DegenerateFitError

pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")


class Recorder:
    """Keeps what it is told, and stops after so many iterations of a start."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.told: list[str] = []
        self.scores: list[float] = []

    def setup(self, estimator, context) -> None:
        self.told.append("setup")

    def teardown(self, estimator, context) -> None:
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None) -> None:
        assert X is not None
        if context.task_name != "iteration":
            self.told.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, metadata=None, fitted_estimator=None) -> bool:
        if context.task_name != "iteration":
            self.told.append(f"end {context.task_name}")
            return False
        self.scores.append(fitted_estimator.score(X, sample_weight=metadata.get("sample_weight")))
        return context.task_id + 1 == self.stop_after


@pytest.fixture
def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (200, 2)), rng.normal(2, 1, (100, 2))])


def test_every_iteration_with_the_parameters_of_that_moment(rows) -> None:
    recorder = Recorder()
    model = GaussianMixture(2, init_params="kmeans", random_state=0).set_callbacks(recorder)
    weight = np.linspace(0.5, 2.0, len(rows))
    model.fit(rows, sample_weight=weight)
    assert recorder.told == ["setup", "begin fit", "begin start", "end start", "end fit", "teardown"]
    assert recorder.scores == pytest.approx(model.lower_bounds_, rel=1e-12)
    untold = clone(model).set_callbacks().fit(rows, sample_weight=weight)
    assert np.array_equal(untold.means_, model.means_)


def test_a_callback_ends_the_fit(rows) -> None:
    model = GaussianMixture(2, tol=0.0, random_state=0).set_callbacks(Recorder(stop_after=3))
    with pytest.warns(ConvergenceWarning, match="A callback, a time limit or an interrupt ended the fit"):
        model.fit(rows)
    assert model.status_ is Status.STOPPED
    assert model.n_iter_ == 3
    assert model.score(rows) == pytest.approx(model.lower_bound_, rel=1e-12)


def test_a_callback_ends_all_starts(rows) -> None:
    recorder = Recorder(stop_after=2)
    model = GaussianMixture(2, init_params="random", n_init=3, tol=0.0, random_state=0).set_callbacks(recorder)
    with pytest.warns(ConvergenceWarning, match="A callback, a time limit or an interrupt ended the fit"):
        model.fit(rows)
    assert recorder.told.count("begin start") == recorder.told.count("end start") == 1
    assert [attempt.status for attempt in model.starts_] == ["stopped"]


def test_a_start_that_fails_is_told_to_end(rows) -> None:
    recorder = Recorder()
    x = np.concatenate([rows, np.tile([[50.0, 50.0]], (30, 1))])
    model = GaussianMixture(2, means_init=[[0, 0], [50, 50]], reg_covar=0, random_state=0).set_callbacks(recorder)
    with pytest.raises(DegenerateFitError):
        model.fit(x)
    assert recorder.told.count("begin start") == recorder.told.count("end start")


def test_in_a_pipeline_and_torn_down_after_an_error(rows) -> None:
    recorder = Recorder()
    make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0).set_callbacks(recorder)).fit(rows)
    assert recorder.told[0] == "setup"
    assert recorder.told[-1] == "teardown"
    recorder = Recorder()
    model = GaussianMixture(2, random_state=0).set_callbacks(recorder)
    with pytest.raises(ValueError, match="too few"):
        model.fit(rows[:2], sample_weight=[1.0, 0.0])
    assert recorder.told == ["setup", "begin fit", "teardown"]


def test_scikit_learns_own_callbacks(rows, capsys) -> None:
    from sklearn.callback import ProgressBar, ScoringMonitor

    monitor = ScoringMonitor(scoring={"score": lambda fitted, X, y: fitted.score(X)})
    model = GaussianMixture(2, random_state=0, init_params="kmeans").set_callbacks(monitor, ProgressBar())
    model.fit(rows, y=np.zeros(len(rows)))  # which is only there to have scores: the monitor gives none without
    data = monitor.get_logs().data
    scores = [entry["score"] for entry in data if entry["task_name"] == "iteration"]
    assert scores == pytest.approx(model.lower_bounds_, rel=1e-12)
    assert "GaussianMixture" in capsys.readouterr().out
