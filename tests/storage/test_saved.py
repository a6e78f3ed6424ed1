"""Files of every release are read for ever; ``tests/saved/make.py`` says how they were made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from gaussmix import __version__, load
from gaussmix.families.structures import RANKED, STRUCTURES

FOLDER = Path(__file__).parent.parent / "saved"
FILES = sorted(FOLDER.glob("*.gmm"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_a_release(path, tmp_path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model = load(path)
    x = np.array(expected["rows"], dtype=expected["dtype"])
    rows = x if expected["names"] is None else pd.DataFrame(x, columns=expected["names"])
    # Not to the last bit: another processor adds in another order.
    rtol = 1e-5 if x.dtype == np.float32 else 1e-10
    assert_allclose(model.score_samples(rows), expected["log_density"], rtol=rtol)
    assert_allclose(model.predict_proba(rows), expected["probability"], rtol=100 * rtol, atol=rtol)
    assert_allclose(model.means_, expected["means"], rtol=rtol)
    assert (model.bic_, model.n_iter_) == (expected["bic"], expected["n_iter"])
    assert model.predict_proba(rows).dtype == x.dtype

    model.save(tmp_path / "again.gmm")
    again = load(tmp_path / "again.gmm")
    assert (again.predict_proba(rows) == model.predict_proba(rows)).all()


def test_every_structure_of_this_release_is_there():
    assert {f"{__version__}-{structure}" for structure in (*STRUCTURES, *RANKED)} <= {path.stem for path in FILES}
