"""How many threads a pass may use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from gaussmix.errors import ConfigError

QUOTA_FILE = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux's control groups (version 2) say how much of the processors this process may use."""

MOST_THREADS = 1 << 16
"""More than any machine runs at once; numbers beyond the 32 bits that the compiled pass has for them mean the same."""


def thread_count(n_threads: int | None) -> int:
    """The number asked for; else ``OMP_NUM_THREADS``; else the processors that this process may use.

    Raises
    ------
    ConfigError
        If ``n_threads`` is less than 1.
    """
    if n_threads is not None:
        if n_threads < 1:
            raise ConfigError(f"n_threads must be at least 1 (or None for all processors), got {n_threads}")
        return min(n_threads, MOST_THREADS)
    wish = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if wish.isdigit() and int(wish) > 0:
        return min(int(wish), MOST_THREADS)
    return max(1, min(_processors(), _quota()))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache  # read once: a pass over a thousand rows takes less time than a file
def _quota() -> int:
    """Whole processors in the quota, at least one; more than anybody has if there is no quota."""
    try:
        quota, period = QUOTA_FILE.read_text().split()[:2]
        return max(1, round(int(quota) / int(period)))
    except (OSError, ValueError):  # no such file, or "max": no quota is set
        return MOST_THREADS
