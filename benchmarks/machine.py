"""Where and of what a measurement was made, for the JSON file."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

# The instruction levels of x86-64, each with flags that the one below it lacks.
LEVEL_FLAGS = {
    "x86-64-v2": {"sse4_2", "popcnt"},
    "x86-64-v3": {"avx2", "fma", "bmi2"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
}


def describe() -> dict[str, Any]:
    """Return processor, cores, instruction levels, caches, memory and system."""
    information = _cpu_information()
    flags = set(information.get("flags", "").split())
    return {
        "cpu": information.get("model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "cores_usable": usable_cores(),
        "levels": [level for level, needed in LEVEL_FLAGS.items() if needed <= flags],
        "caches": _caches(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "python": sys.version.split()[0],
    }


def usable_cores() -> int:
    """Return the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def commit() -> str | None:
    """Return the commit of the checkout, marked where files differ from it."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()


def conditions(load: float, threads: int, clock: str) -> dict[str, Any]:
    """Return what a record of figures begins with: where they come from, and the load before and now."""
    return {
        "machine": describe(),
        "commit": commit(),
        "load": [load, os.getloadavg()[0]],
        "threads": threads,
        "clock": clock,
    }


def _cpu_information() -> dict[str, str]:
    """Return what Linux says of the first processor."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first = path.read_text().split("\n\n")[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _caches() -> dict[str, str]:
    """Return the sizes of the first core's data caches, as Linux tells them."""
    caches = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (folder / "type").read_text().strip() != "Instruction":
            caches["L" + (folder / "level").read_text().strip()] = (folder / "size").read_text().strip()
    return caches
