"""docs/check.md is right: its example prints what it says, and its table has every code."""

from __future__ import annotations

import re
from pathlib import Path

from gaussmix.insight.data_check.registry import LOOKS

PAGE = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_page_says(capsys):
    code, printed = re.findall(r"```(?:python)?\n(.*?)```", PAGE, re.DOTALL)[:2]
    exec(compile(code, "docs/check.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_the_table_has_every_code():
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert rows == [(look.code, look.severity.value) for look in LOOKS]
