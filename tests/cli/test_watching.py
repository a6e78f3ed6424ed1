"""A fit that is watched: its records in a file, its time limit, and interrupts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gaussmix.cli.events import events_file
from gaussmix.cli.interrupts import first_one_kept
from gaussmix.cli.outcome import Outcome
from gaussmix.cli.watching import Watch, watched
from gaussmix.estimators.stream import Record


@pytest.fixture
def heard():
    """Interrupts reach Python, as they may not where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def endless(tmp_path):
    """A fit that takes minutes: overlapping rows and no tolerance."""
    path = tmp_path / "rows.parquet"
    x = np.random.default_rng(0).normal(size=(50_000, 4))
    pq.write_table(pa.table({f"c{j}": x[:, j] for j in range(4)}), path)
    return [path, "-k", 6, "--tol", 0, "--max-iter", 1_000_000]


def test_a_file_that_got_no_record_is_closed_before_it_goes(tmp_path, monkeypatch):
    """Windows takes no open file away."""
    asked, unlink = [], Path.unlink

    def noted(path):
        asked.append(events._file.closed)
        unlink(path)

    monkeypatch.setattr(Path, "unlink", noted)
    with events_file(tmp_path / "events.jsonl") as events:
        pass
    assert asked == [True]
    assert not list(tmp_path.iterdir())


def test_records_go_to_a_file(run, csv_file, tmp_path):
    events = tmp_path / "events.jsonl"
    outcome = run("fit", csv_file, "-k", 2, "--json", "--events", events)
    assert outcome.code == 0
    records = [json.loads(line) for line in events.read_text().splitlines()]
    fit = json.loads(outcome.out)["fit"]
    assert [record["kind"] for record in records][:1] == ["start"]
    assert records[-1]["kind"] == "end"
    assert records[-1]["status"] == fit["status"] == "converged"
    assert records[-1]["iteration"] == fit["n_iter"]
    assert records[0]["gain_left"] is None  # nothing can be said yet
    again = run("fit", csv_file, "-k", 2, "--events", events)
    assert (again.code, again.out) == (6, "")
    assert "is there already; give --force" in again.err
    assert run("fit", csv_file, "-k", 2, "--events", events, "--force").code == 0


def test_old_records_stay_until_there_are_others(run, csv_file, tmp_path):
    old, new, bad = tmp_path / "old.jsonl", tmp_path / "new.jsonl", tmp_path / "bad.csv"
    assert run("fit", csv_file, "-k", 2, "--events", old).code == 0
    before = old.read_bytes()
    bad.write_text("a\n1\nnan\n")
    for path in (old, new):
        assert run("fit", bad, "-k", 1, "--events", path, "--force").code == 3
    assert old.read_bytes() == before
    assert not new.exists()
    with old.open() as follower:  # one who reads along goes on with the same file
        assert run("fit", csv_file, "-k", 1, "--events", old, "--force").code == 0
        kinds = [json.loads(line)["kind"] for line in follower]
    assert (kinds[0], kinds[-1]) == ("start", "end")


def test_a_time_limit(run, endless):
    outcome = run("fit", *endless, "--json", "--time-limit", 0.2)
    assert outcome.code == 0
    assert json.loads(outcome.out)["fit"]["status"] == "stopped"
    assert "not converged" in outcome.err


def interrupt(arguments) -> subprocess.CompletedProcess[str]:
    """Run the command, and interrupt it some time after its fit began."""
    begin = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    command = f"{begin} from gaussmix.cli.main import main; main(sys.argv[1:])"
    events = arguments[0].with_suffix(".jsonl")
    arguments = [*map(str, arguments), "--json", "--events", str(events)]
    with subprocess.Popen(
        [sys.executable, "-c", command, "fit", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        deadline = time.monotonic() + 60.0
        while not (events.exists() and "iteration" in events.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    return subprocess.CompletedProcess(command, child.returncode, out, err)


def test_one_interrupt_keeps_what_the_fit_has(endless):
    ended = interrupt(endless)
    assert ended.returncode == 130, ended.stderr
    fit = json.loads(ended.stdout)["fit"]
    assert fit["status"] == "stopped"
    assert fit["n_iter"] > 0
    assert "once more to give it up" in ended.stderr


@pytest.mark.usefixtures("heard")
def test_an_interrupt_after_another_gives_up(capsys):
    before = signal.getsignal(signal.SIGINT)
    with first_one_kept() as interrupts, watched("Fitting …", None, interrupts) as watch:
        assert watch.has_enough(0.0) == ""
        signal.raise_signal(signal.SIGINT)
        assert watch.has_enough(0.0) == "the fit was interrupted"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "once more to give it up" in capsys.readouterr().err


@pytest.mark.usefixtures("heard")
def test_interrupts_that_are_ignored_stay_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with first_one_kept() as interrupts:
        signal.raise_signal(signal.SIGINT)
    assert not interrupts.pressed


@pytest.mark.usefixtures("heard")
def test_an_interrupt_after_the_fit_loses_nothing(run, csv_file, tmp_path, monkeypatch, capsys):
    parts = Outcome._parts

    def interrupted(self, wanted):
        signal.raise_signal(signal.SIGINT)
        return parts(self, wanted)

    monkeypatch.setattr(Outcome, "_parts", interrupted)
    outcome = run("fit", csv_file, "-k", 2, "--json", "-o", tmp_path / "out")
    assert outcome.code == 130
    assert json.loads(outcome.out)["fit"]["status"] == "converged"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["assignments.csv", "model.gmm", "summary.json"]
    assert "interrupted: the fit has ended, and what it came to is written first" in outcome.err


@pytest.mark.parametrize("command", ["check", "fit", "predict", "sample"])
def test_an_interrupt_elsewhere_is_130(run, csv_file, tmp_path, monkeypatch, command):
    model = tmp_path / "first" / "model.gmm"
    assert run("fit", csv_file, "-k", 2, "-o", model.parent).code == 0

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    arguments = {
        "check": [csv_file],
        "fit": [csv_file, "-k", 2],
        "predict": [model, csv_file],
        "sample": [model, "-n", 1],
    }[command]
    place = {"check": "gaussmix.cli.check.file_of", "sample": "gaussmix.estimators.loading.load"}
    monkeypatch.setattr(place.get(command, f"gaussmix.cli.{command}.open_rows"), interrupted)
    outcome = run(command, *arguments)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "interrupted\n")


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, -signal.SIGTERM, "")],  # to a shell the latter is 143
)
def test_signals_while_standard_input_is_read(number, code, said):
    command = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from gaussmix.cli import rows; kept = rows._kept;"
        "rows._kept = lambda: (print('reading', flush=True), kept())[1];"
        "from gaussmix.cli.main import main; main(['fit', '-', '-k', '1'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == "reading\n"
        child.send_signal(number)
        assert child.stderr.read() == said
    assert child.returncode == code


def test_the_exit_codes_of_interruption_are_documented(run):
    text = " ".join(run("--help").out.split())
    assert "130 interrupted (Ctrl-C; one during a fit keeps what it had come to), 143 terminated" in text


def test_where_nobody_looks_lines_come_now_and_then(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("gaussmix.cli.watching.monotonic", lambda: now[0])
    watch = Watch("Fitting …", None, None)
    for second in range(25):
        now[0] = 100.0 + second
        assert watch(Record("iteration", float(second), 0, second, -1.5, 1e-3)) is False
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "Fitting … start 1, iteration 10, -1.5 a row, about 0.001 still to gain (10 s)",
        "Fitting … start 1, iteration 20, -1.5 a row, about 0.001 still to gain (20 s)",
    ]
