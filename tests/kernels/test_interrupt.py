"""What is compiled and takes long notices an interrupt: the promise is 100 ms."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

ALLOWED = 0.3
"""Seconds: the promised 0.1 and what a busy machine takes to give the processes their turns."""
ATTEMPTS = 3
"""Who is slow to notice is so each time; a machine that is busy with something else is not."""

CHILD = """
import signal, sys, time
import numpy as np
from gaussmix.allocations.weights import CommonWeights
from gaussmix.core.frame import Frame
from gaussmix.core.mixture import Mixture
from gaussmix.data.memory import MemorySource
from gaussmix.families.gaussian import Gaussian
from gaussmix.families.structures import STRUCTURES
from gaussmix.kernels.native import NativeKernel
from gaussmix.starts.k_means import lloyd
from gaussmix.starts.seeding import greedy_k_means_plus_plus

kind, n_threads = sys.argv[1], int(sys.argv[2])
n, d, k = 8_000_000, 64, 64
rng = np.random.default_rng(0)
# One row that stands n times and takes no memory: minutes of work.
x = np.broadcast_to(rng.normal(size=d), (n, d))
family = Gaussian(STRUCTURES["full"], rng.normal(size=(k, d)), np.tile(np.eye(d), (k, 1, 1)))
mixture = Mixture(family, CommonWeights.equal(k), Frame.identity(d))
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started this in the background
points = rng.normal(size=(20_000, d))
work = {
    "expect": lambda: NativeKernel(n_threads).expect(MemorySource(x), mixture),
    "rows": lambda: NativeKernel(n_threads).rows(MemorySource(x), mixture, ("label",)),
    "first centres": lambda: greedy_k_means_plus_plus(points, np.ones(len(points)), len(points), rng),
    "k-means": lambda: lloyd(points, np.ones(len(points)), points.repeat(4, axis=0)),
}
print("started", flush=True)
try:
    work[kind]()
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
else:
    print("finished", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(
    ("kind", "n_threads"),
    [("expect", 1), ("expect", 2), ("rows", 1), ("rows", 2), ("first centres", 1), ("k-means", 1)],
)
def test_it_stops_soon_after_an_interrupt(kind, n_threads):
    assert any(seconds_to_notice(kind, n_threads) < ALLOWED for _ in range(ATTEMPTS))


def seconds_to_notice(kind: str, n_threads: int) -> float:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, kind, str(n_threads)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline().strip() == "started"
        time.sleep(0.5)  # well into the work
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        answer, _ = child.communicate(timeout=60)
    finally:
        child.kill()
    assert answer.strip() not in ("", "finished")
    assert child.returncode == 0
    # Both clocks are the system's: seconds since it was started.
    return float(answer) - sent
