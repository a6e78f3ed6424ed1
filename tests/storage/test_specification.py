"""docs/model-files.md is right: its reader, which knows nothing of gaussmix, reads every structure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

PAGE = Path(__file__).parents[2] / "docs" / "model-files.md"
SAVED = Path(__file__).parents[1] / "saved"


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.gmm")), ids=lambda path: path.stem)
def test_the_reader_on_the_page(path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(next(block for block in blocks if "def log_density" in block), names)
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    x = np.array(expected["rows"], dtype=expected["dtype"]).astype(float)
    rtol = 1e-5 if expected["dtype"] == "float32" else 1e-10
    assert_allclose(names["log_density"](path, x), expected["log_density"], rtol=rtol)
