"""What is compiled, at each instruction level that this machine has, chosen as users choose it: by the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gaussmix.kernels.native import LEVEL_VARIABLE, levels

TESTS = Path(__file__).parents[1]
CONTRACTS = [
    "kernels/test_cells.py",
    "kernels/test_information.py",
    "promises/test_float32.py",
    "promises/test_finite.py",
]
"""Sums and rows against NumPy, and promises that kernels keep; test_parity goes through the levels itself."""

UNDER = """
import sys
import pytest
import gaussmix._native as native
import gaussmix.kernels.native
assert native.level() == sys.argv[1], native.level()
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *sys.argv[2:]]))
"""


@pytest.mark.parametrize("level", levels())
def test_the_contracts_hold_at_each_level(level):
    command = [sys.executable, "-c", UNDER, level, *(str(TESTS / name) for name in CONTRACTS)]
    done = subprocess.run(
        command, env=os.environ | {LEVEL_VARIABLE: level}, cwd=TESTS.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("name", ["x86-64-v9", "", "avx512"])
def test_an_unknown_level_is_refused_in_words(name):
    done = subprocess.run(
        [sys.executable, "-c", "from gaussmix import GaussianMixture"],
        env=os.environ | {LEVEL_VARIABLE: name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.rstrip().splitlines()[-1]
    assert f"environment variable GAUSSMIX_ISA: {name!r} is not one of {', '.join(levels())}, " in last
