"""A long compiled pass notices an interrupt: the promise is 100 ms."""

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

kind, n_threads = sys.argv[1], int(sys.argv[2])
n, d, k = {rows}, 64, 64
rng = np.random.default_rng(0)
# One row that stands n times and takes no memory: minutes of work.
x = np.broadcast_to(rng.normal(size=d), (n, d))
family = Gaussian(STRUCTURES["full"], rng.normal(size=(k, d)), np.tile(np.eye(d), (k, 1, 1)))
mixture = Mixture(family, CommonWeights.equal(k), Frame.identity(d))
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started this in the background
print("started", flush=True)
try:
    if kind == "expect":
        NativeKernel(n_threads).expect(MemorySource(x), mixture)
    else:
        NativeKernel(n_threads).rows(MemorySource(x), mixture, ("label",))
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
else:
    print("finished", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("kind", ["expect", "rows"])
def test_a_pass_stops_soon_after_an_interrupt(kind, n_threads):
    assert any(seconds_to_notice(kind, n_threads) < ALLOWED for _ in range(ATTEMPTS))


def seconds_to_notice(kind: str, n_threads: int) -> float:
    rows = 20_000_000 if kind == "expect" else 8_000_000
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(rows=rows), kind, str(n_threads)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline().strip() == "started"
        time.sleep(0.5)  # well into the pass
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        answer, _ = child.communicate(timeout=60)
    finally:
        child.kill()
    assert answer.strip() not in ("", "finished")
    assert child.returncode == 0
    # Both clocks are the system's: seconds since it was started.
    return float(answer) - sent
