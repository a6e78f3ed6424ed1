"""scikit-learn's own tests of its mixtures, as installed, run with ours in the place of its `GaussianMixture`."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

MODULES = ("sklearn.mixture.tests.test_gaussian_mixture", "sklearn.mixture.tests.test_mixture")

CANNOT_PASS = {
    "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": (
        "counts calls of scikit-learn's own NumPy M-step, which we do not call"
    ),
    "test_gaussian_mixture_array_api_compliance": "arrays of other libraries and devices are not taken",
    "test_gaussian_mixture_raises_where_array_api_not_implemented": "the same, where scikit-learn says so itself",
}
"""Tests that fail, or may, and why. Anything else must pass."""

LEAST_PASSED = 75
"""So that a run in which nothing was collected, or all was skipped, is not a success."""

PATCH_AND_TEST = """
import sys

import pytest

import gaussmix

gaussmix.patch_sklearn()
from sklearn.mixture import GaussianMixture

assert GaussianMixture.__module__.startswith("gaussmix")
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Outcome of each test by its full name."""
    folder = tmp_path_factory.mktemp("scikit-learn")
    report, settings = folder / "report.xml", folder / "pytest.ini"
    settings.write_text("[pytest]\n")  # neither our settings nor those of whoever calls
    arguments = ["-q", "-p", "no:cacheprovider", "-c", str(settings), f"--junitxml={report}", "--pyargs", *MODULES]
    environment = {**os.environ, "SKLEARN_RUN_FLOAT32_TESTS": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    ran = subprocess.run(
        [sys.executable, "-c", PATCH_AND_TEST, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), ran.stdout + ran.stderr
    return {case.attrib["name"]: _outcome(case) for case in ET.parse(report).iter("testcase")}


def _outcome(case: ET.Element) -> str:
    for kind in ("failure", "error", "skipped"):
        found = case.find(kind)
        if found is not None:
            return f"{kind}: {found.attrib.get('message', '')}"
    return "passed"


def _listed(name: str) -> bool:
    return name.partition("[")[0] in CANNOT_PASS


def test_all_others_pass(outcomes):
    wrong = {
        name: outcome
        for name, outcome in outcomes.items()
        if not _listed(name) and outcome != "passed" and not outcome.startswith("skipped")
    }
    assert wrong == {}


def test_they_did_run(outcomes):
    passed = [name for name, outcome in outcomes.items() if outcome == "passed"]
    skipped = [name for name, outcome in outcomes.items() if outcome.startswith("skipped") and not _listed(name)]
    assert len(passed) >= LEAST_PASSED
    assert skipped == []


def test_the_list_is_not_out_of_date(outcomes):
    for name in CANNOT_PASS:
        assert any(found.partition("[")[0] == name for found in outcomes), name
    passing = {found.partition("[")[0] for found, outcome in outcomes.items() if outcome == "passed"}
    assert not passing & set(CANNOT_PASS)


def test_the_installed_files_are_the_ones_that_ran():
    import sklearn.mixture.tests

    folder = Path(sklearn.mixture.tests.__file__).parent
    assert all((folder / f"{module.rpartition('.')[2]}.py").exists() for module in MODULES)
