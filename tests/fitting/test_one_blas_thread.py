"""Fits have the same bits for any number of threads that BLAS may use, and leave that number as it was."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np  # noqa: F401  whose BLAS is asked for
from threadpoolctl import threadpool_info

from gaussmix.fitting.one_blas_thread import one_blas_thread

PROGRAM = """
import hashlib
import warnings
import numpy as np
from gaussmix import GaussianMixture
warnings.simplefilter("ignore")
for shape, start in (((600, 130), "kmeans"), ((1500, 60), "auto"), ((90, 120), "auto")):
    x = np.random.default_rng(0).normal(size=shape)
    model = GaussianMixture(2, init_params=start, random_state=0, max_iter=5).fit(x)
    print(hashlib.sha256(model.means_.tobytes() + model.covariances_.tobytes()).hexdigest())
"""


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_same_bits() -> None:
    def bits(threads: int) -> str:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        command = [sys.executable, "-c", PROGRAM]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    one = bits(1)
    assert len(one.split()) == 3
    assert bits(4) == one


def test_the_number_of_before_comes_back() -> None:
    before = blas_threads()
    with one_blas_thread():
        assert blas_threads() == [1] * len(before)
    assert blas_threads() == before
