"""docs/choosing.md is right: its examples print what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "choosing.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\s+```\n(.*?)```", PAGE, re.DOTALL)
NUMBER = r"-?\d+\.\d+"


@pytest.mark.parametrize(("code", "printed"), EXAMPLES, ids=["held_out", "bootstrap_test", "merge_components"])
def test_the_examples_print_what_the_page_says(code, printed, capsys):
    exec(compile(code, "docs/choosing.md", "exec"), {})
    found = capsys.readouterr().out
    assert re.sub(NUMBER, "#", found).split() == re.sub(NUMBER, "#", printed).split()
    # The last digit of a fit that stops within a tenth of a nat may be another on another processor.
    ours, theirs = ([float(value) for value in re.findall(NUMBER, text)] for text in (found, printed))
    assert ours == pytest.approx(theirs, rel=0.02, abs=0.02)
