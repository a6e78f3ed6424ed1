"""Make the model files of this release: ``python tests/saved/make.py``, once a release, before it is tagged.

For each structure ``VERSION-STRUCTURE.gmm`` and, beside it, ``VERSION-STRUCTURE.json``: rows, and what the model that
was saved said of them. Files that are there are never replaced: every later release must read them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import gaussmix
from gaussmix.families.structures import RANKED, SCIKIT_LEARN, STRUCTURES

FOLDER = Path(__file__).parent

FITS: dict[str, dict[str, Any]] = {
    "full": {"names": ["length", "breadth", "height"]},
    "tied": {"weights": "equal", "offset": 1e10},
    "diag": {"dtype": np.float32},
    "spherical": {"scale": 1e-150, "tol": 1e-3},
    **{name: {} for name in STRUCTURES if name not in SCIKIT_LEARN},
    **{name: {"rank": 1} for name in RANKED},
}
"""A structure, and what else of the format its file has."""


def make(structure: str, names: list[str] | None = None, **how: Any) -> None:
    dtype, scale, offset = (how.pop(name, other) for name, other in (("dtype", float), ("scale", 1.0), ("offset", 0.0)))
    generator = np.random.default_rng(2026)
    rows = np.concatenate([generator.normal(centre, 1.0, (60, 3)) for centre in (0.0, 4.0, 7.0)])
    x = (rows * scale + offset).astype(dtype)
    fitted = x if names is None else pd.DataFrame(x, columns=names)
    model = gaussmix.GaussianMixture(3, covariance_type=structure, random_state=0, **how).fit(fitted)
    stem = f"{gaussmix.__version__}-{structure}"
    expected = {
        "rows": x[::20].tolist(),
        "dtype": x.dtype.name,
        "names": names,
        "log_density": model.score_samples(fitted[::20]).tolist(),
        "probability": model.predict_proba(fitted[::20]).tolist(),
        "means": model.means_.tolist(),
        "bic": model.bic_,
        "n_iter": model.n_iter_,
    }
    with (FOLDER / f"{stem}.json").open("x", encoding="utf-8") as file:
        json.dump(expected, file, allow_nan=False, indent=1)
    model.save(FOLDER / f"{stem}.gmm")


if __name__ == "__main__":
    for structure, how in FITS.items():
        if not (FOLDER / f"{gaussmix.__version__}-{structure}.json").exists():
            make(structure, **how)
