"""CSV files: text that means to be a table."""

from __future__ import annotations

from gaussmix.data.csv.dialect import Dialect
from gaussmix.data.csv.part import MISSING, CsvPart
from gaussmix.data.csv.writing import write_csv

__all__ = ["MISSING", "CsvPart", "Dialect", "write_csv"]
