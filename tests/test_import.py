"""What `import gaussmix` loads, and that it found its compiled pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAVED = Path(__file__).parent / "saved" / "0.1.0-full.gmm"
HEAVY = ["matplotlib", "pyarrow", "torch", "dask", "pandas"]


def loaded_by(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has after this code."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import gaussmix",
        "from gaussmix import GaussianMixture",
        "from gaussmix import GaussianMixture; GaussianMixture(2, random_state=0).fit([[0.0], [0.1], [5.0], [5.2]])",
        f"import gaussmix; gaussmix.load({str(SAVED)!r})",
        "import gaussmix; gaussmix.check_data([[0.0], [0.1], [5.0], [5.2]])",
    ],
    ids=["import", "estimator", "fit", "load", "check"],
)
def test_nothing_heavy_is_loaded(code):
    modules = loaded_by(code)
    assert "gaussmix" in modules
    # Either nobody loads it, or it is loaded by scikit-learn itself, which is not ours to change.
    theirs = loaded_by("import sklearn.base, sklearn.utils.validation")
    assert sorted(name for name in HEAVY if name in modules - theirs) == []


def test_the_bare_import_loads_nothing_at_all():
    """Everything public comes when it is first asked for."""
    modules = loaded_by("import gaussmix")
    assert {name for name in modules if name.startswith("gaussmix")} == {"gaussmix"}
    assert not modules & {"numpy", "scipy", "sklearn"}


def test_public_names():
    import gaussmix

    assert dir(gaussmix) == sorted(gaussmix.__all__)
    for name in gaussmix.__all__:
        assert getattr(gaussmix, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'NoSuchThing'"):
        gaussmix.NoSuchThing  # noqa: B018


def test_the_compiled_pass_is_there_and_used(monkeypatch):
    import numpy as np

    import gaussmix._native as native
    from gaussmix import GaussianMixture
    from gaussmix.kernels.native import levels
    from gaussmix.kernels.reference import ReferenceKernel

    assert native.level() in levels()
    for stage in ("expect", "row_task"):
        monkeypatch.delattr(ReferenceKernel, stage)
    x = np.random.default_rng(0).normal(size=(50, 2))
    for structure in ("full", "diag", "spherical"):
        model = GaussianMixture(2, covariance_type=structure, random_state=0).fit(x)
        assert model.predict(x).shape == (50,)


def test_the_level_can_be_chosen_by_the_environment():
    from gaussmix.kernels.native import LEVEL_VARIABLE, levels

    code = "import gaussmix.kernels.native as n; print(n._native.level())"
    for level in levels():
        found = subprocess.run(
            [sys.executable, "-c", f"import os; os.environ[{LEVEL_VARIABLE!r}] = {level!r}\n{code}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == level


WITHOUT_EXTENSION = """
import sys
sys.modules["gaussmix._native"] = None
from gaussmix import GaussianMixture
GaussianMixture(2, random_state=0).fit([[0.0], [0.1], [5.0], [5.2]])
"""


def test_a_missing_extension_is_an_error_that_says_what_to_do():
    found = subprocess.run([sys.executable, "-c", WITHOUT_EXTENSION], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    last = found.stderr.rstrip().splitlines()[-1]
    assert last.startswith("ImportError: the compiled extension gaussmix._native is missing: install gaussmix")
