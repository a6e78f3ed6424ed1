"""Warnings that point at the line whose author can do something about them."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from pathlib import Path

import joblib
import sklearn

FOLDERS = (Path(__file__).parents[1], *(Path(each.__file__).parent for each in (sklearn, joblib)))
PASSES_ON = (contextlib.__file__, *(f"{folder}{os.sep}" for folder in FOLDERS))
"""Where code lies that only passes on what it was asked for, with what is put round our functions and `fit`."""


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line that called from outside, however many calls lie between; ``stacklevel`` has to be told."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PASSES_ON):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)
