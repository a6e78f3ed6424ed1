"""Model files, whole and changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gaussmix import GaussianMixture
from gaussmix.storage.container import Container, read, to_bytes

Change = Callable[[dict[str, Any], dict[str, np.ndarray]], None]


@pytest.fixture
def model(clusters) -> GaussianMixture:
    return GaussianMixture(3, random_state=0).fit(clusters(150, 2, 3))


@pytest.fixture
def saved(model, tmp_path) -> Path:
    path = tmp_path / "model.gmm"
    model.save(path)
    return path


@pytest.fixture
def changed(saved) -> Callable[[Change], Path]:
    """Maker of the same file with another record or other tensors and a checksum that is right."""

    def make(change: Change) -> Path:
        container = read(saved)
        record, tensors = dict(container.record), dict(container.tensors)
        del record["checksum"]
        change(record, tensors)
        saved.write_bytes(to_bytes(Container(record, tensors)))
        return saved

    return make
