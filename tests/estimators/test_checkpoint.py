"""A fit that keeps what it has in a file, and goes on from there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gaussmix import GaussianMixture, load
from gaussmix.errors import ConfigError, FileError, FitWarning
from gaussmix.estimators import checkpoint

NOT_CONVERGED = "ignore:Best performing initialization did not converge"


@pytest.fixture(scope="module")
def x(clusters) -> np.ndarray:
    return clusters(3000, 3, 4, seed=3, apart=1.5)


@pytest.fixture
def always(monkeypatch):
    """A checkpoint after every iteration."""
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "unfinished.gmm"


def test_the_file_holds_what_the_fit_has_come_to(x, path, always):
    bounds = []

    def look(record):
        if path.exists() and record.kind == "iteration":
            bounds.append((load(path).score(x), record.log_likelihood))

    model = GaussianMixture(4, random_state=0, callback=look, checkpoint=path).fit(x)
    # Whoever is called back is told before the file is written: it holds the parameters of the record before.
    saved, told = np.array(bounds).T
    np.testing.assert_allclose(saved[1:], told[:-1], rtol=1e-14)
    finished = load(path)
    assert finished.lower_bound_ == model.lower_bound_
    assert finished.means_.tobytes() == model.means_.tobytes()
    assert (finished.status_, finished.checkpoint) == (model.status_, None)


def test_by_default_a_minute_passes(x, path, monkeypatch):
    now, found = [0.0], []
    monkeypatch.setattr(checkpoint, "monotonic", lambda: now[0])

    def look(record):
        found.append(path.exists())
        now[0] += 25.0

    GaussianMixture(4, random_state=0, callback=look, checkpoint=path).fit(x)
    assert found[:3] == [False] * 3
    assert found[3:] == [True] * (len(found) - 3)
    assert path.exists()


@pytest.mark.filterwarnings(NOT_CONVERGED)
def test_of_several_starts_the_best_is_kept(x, path, always):
    found = []

    def look(record):
        if path.exists():
            found.append(load(path).score(x))

    GaussianMixture(4, init_params="random", n_init=4, random_state=0, max_iter=20, callback=look, checkpoint=path).fit(
        x
    )
    assert (np.diff(found) >= 0.0).all()


@pytest.mark.filterwarnings(NOT_CONVERGED)
def test_plain_iterations_go_on_to_the_same_bits(x, structure, path, always):
    settings = {"covariance_type": structure, "tol": 0.0, "reg_covar": "auto", "random_state": 0}
    given = {"means_init": x[:4]}
    whole = GaussianMixture(4, max_iter=30, **settings, **given).fit(x)
    GaussianMixture(4, max_iter=11, **settings, **given, checkpoint=path).fit(x)
    rest = load(path).set_params(warm_start=True, max_iter=19).fit(x)
    assert rest.means_.tobytes() == whole.means_.tobytes()
    assert rest.covariances_.tobytes() == whole.covariances_.tobytes()
    assert rest.log_likelihood_ == whole.log_likelihood_
    assert rest.starts_[0].start == "warm start"


def test_nothing_is_replaced_without_a_word(x, path, tmp_path):
    path.write_text("precious")
    with pytest.raises(FileError, match=r"is there already: go on from it by gaussmix\.load\("):
        GaussianMixture(2, checkpoint=str(path)).fit(x)
    assert path.read_text() == "precious"
    for nowhere in (tmp_path, tmp_path / "nowhere" / "model.gmm"):
        with pytest.raises(FileError, match="cannot be written; give the name of a file in a folder"):
            GaussianMixture(2, checkpoint=nowhere).fit(x)

    class Own(GaussianMixture):
        pass

    with pytest.raises(ConfigError, match="Own is a class of your own"):
        Own(2, checkpoint=tmp_path / "own.gmm").fit(x)


def test_a_full_disk_ends_no_fit(x, path, always, monkeypatch):
    monkeypatch.setattr("gaussmix.storage.atomic.os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    said = r"checkpoint of the fit, which goes on, was not written: .*disk full"
    with pytest.warns(FitWarning, match=said) as caught:
        model = GaussianMixture(4, random_state=0, checkpoint=path).fit(x)
    assert {each.filename for each in caught} == {__file__}
    assert model.converged_
    assert not path.exists()


CHILD = """
import sys
from gaussmix.estimators import checkpoint
checkpoint.SECONDS = 0.0
from gaussmix.cli.main import main
main(sys.argv[1:])
"""


def test_66_a_killed_fit_goes_on_from_its_checkpoint(clusters, tmp_path):
    x = clusters(20_000, 4, 6, seed=8, apart=1.2)
    rows, kept = tmp_path / "rows.parquet", tmp_path / "kept.gmm"
    pq.write_table(pa.table({f"c{j}": x[:, j] for j in range(4)}), rows)
    arguments = ["fit", str(rows), "-k", "6", "--tol", "1e-6", "--max-iter", "3000"]
    command = [sys.executable, "-c", CHILD, *arguments]
    asked = [*command, "--checkpoint", str(kept)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60.0
        while not kept.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL
    unfinished = load(kept)
    assert not hasattr(unfinished, "converged_")

    refused = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert refused.returncode == 6
    assert "is there already; give --resume to go on from it, --force to begin anew" in refused.stderr

    resumed = subprocess.run(
        [*asked, "--resume", "-o", str(tmp_path / "resumed")], capture_output=True, text=True, check=True
    )
    assert f"note: the fit goes on from {kept}" in resumed.stderr
    subprocess.run([*command, "-o", str(tmp_path / "whole")], capture_output=True, check=True)
    there, whole = (load(tmp_path / name / "model.gmm") for name in ("resumed", "whole"))
    assert there.converged_
    assert there.score(rows) > unfinished.score(rows)
    # Plain iterations: the same way, bit by bit.
    assert there.means_.tobytes() == whole.means_.tobytes()
    assert there.covariances_.tobytes() == whole.covariances_.tobytes()
    assert there.warm_start is False
