"""Benchmarks ask the package's inner parts: what is renamed there must not break them unseen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTED = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Other libraries are no dependency of the tests.
        if error.name.split(".")[0] in ("gaussmix", "benchmarks"):
            raise
"""


def test_every_benchmark_finds_what_it_imports():
    files = sorted(ROOT.glob("benchmarks/**/*.py"))
    names = [".".join(each.relative_to(ROOT).with_suffix("").parts) for each in files if each.stem[0] != "_"]
    assert len(names) > 30
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *names], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
