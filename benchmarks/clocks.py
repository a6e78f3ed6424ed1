"""What seconds are counted by."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, process_time

CLOCKS: dict[str, Callable[[], float]] = {"wall": perf_counter, "processor": process_time}
"""Processor time is that of all threads: where other work runs beside, it compares what runs in one thread."""
