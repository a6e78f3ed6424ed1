"""How many threads a pass takes."""

from __future__ import annotations

import os

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.errors import ConfigError
from gaussmix.kernels import held, native, threads
from gaussmix.kernels.threads import MOST_THREADS, thread_count


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch, tmp_path):
    """A machine of eight processors, without a quota and without a wish."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "_processors", lambda: 8)
    monkeypatch.setattr(threads, "QUOTA_FILE", tmp_path / "cpu.max")
    threads._quota.cache_clear()
    yield
    threads._quota.cache_clear()


def test_every_processor_where_nothing_is_said():
    assert thread_count(None) == 8


def test_what_is_asked_for_comes_first(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_count(5) == 5
    assert thread_count(16) == 16


@pytest.mark.parametrize(("text", "count"), [("3", 3), ("4,2", 4), (" 2 ", 2), ("", 8), ("0", 8), ("x", 8)])
def test_the_environment_comes_next(monkeypatch, text, count):
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert thread_count(None) == count


def test_more_than_any_machine_has(monkeypatch):
    """As many as there may be; the compiled pass has 32 bits for the number."""
    assert thread_count(2**31) == thread_count(10**30) == MOST_THREADS
    monkeypatch.setenv("OMP_NUM_THREADS", str(2**31))
    assert thread_count(None) == MOST_THREADS
    x = np.random.default_rng(0).normal(size=(50, 2))
    assert len(GaussianMixture(2, n_threads=2**31, random_state=0).fit(x).labels_) == 50


@pytest.mark.parametrize(
    ("quota", "count"),
    [("200000 100000", 2), ("max 100000", 8), ("50000 100000", 1), ("1600000 100000", 8), ("", 8)],
)
def test_the_quota_bounds_the_processors(quota, count):
    threads.QUOTA_FILE.write_text(quota)
    assert thread_count(None) == count


@pytest.mark.parametrize("n_threads", [1, 3, None])
def test_the_number_reaches_the_compiled_pass(monkeypatch, n_threads):
    """Every call of a fit and of its results: the last argument of sums and of all of them together, the one before
    three results of rows."""
    real, calls = native._native, []

    class Spy:
        @staticmethod
        def expect(*arguments):
            calls.append(arguments[-1])
            return real.expect(*arguments)

        @staticmethod
        def rows(*arguments):
            calls.append(arguments[-4])
            return real.rows(*arguments)

        @staticmethod
        def Iterations(*arguments):
            calls.append(arguments[-1])
            return real.Iterations(*arguments)

        to_user_units = real.to_user_units

    monkeypatch.setattr(native, "_native", Spy)
    monkeypatch.setattr(held, "_native", Spy)
    x = np.random.default_rng(0).normal(size=(60, 2))
    GaussianMixture(2, n_threads=n_threads, random_state=0).fit(x).predict_proba(x)
    assert len(calls) > 3
    assert set(calls) == {8 if n_threads is None else n_threads}


@pytest.mark.parametrize("n_threads", [0, -1])
def test_less_than_one_is_refused(n_threads):
    with pytest.raises(ConfigError, match=f"'n_threads' parameter .* or None. Got {n_threads} instead"):
        GaussianMixture(n_threads=n_threads).fit([[0.0], [1.0]])


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinities")
def test_processors_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.undo()
    assert threads._processors() == len(os.sched_getaffinity(0))
