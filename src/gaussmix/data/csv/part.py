"""A CSV file as columns of numbers, parsed a block at a time."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from gaussmix.data.arrow import EXACT, is_numeric, vector_of
from gaussmix.data.csv.dialect import Dialect
from gaussmix.data.csv.packing import PACKINGS, packing_of
from gaussmix.data.csv.text import CheckedText, records
from gaussmix.data.csv.writing import quoted
from gaussmix.data.part import FilePart
from gaussmix.data.read_ahead import read_ahead
from gaussmix.errors import DataError

MISSING = (
    *("", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan"),
    *("NULL", "Null", "null", "None", "none", "?", ".", "-"),
)
"""What stands for a missing value: spreadsheets', R's, pandas', databases', UCI's and SAS's ways to say so."""

BLOCK_BYTES = 4 << 20
"""Parsed at a time: more is no faster and less spends time between the blocks."""
BAD_ROWS_NAMED = 5
"""Lines named of those that were skipped; all are counted."""

REFUSED = re.compile(r"In CSV column #(\d+):.* invalid value '(.*)'", re.DOTALL)
"""What Arrow says of a value that it cannot convert."""
DIGITS = re.compile(r"\s*[+-]?\d+\s*")
THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(?:[,.'\u00a0 ]\d{3})+(?:[.,]\d+)?\s*")


class CsvPart(FilePart):
    """Columns of a CSV file.

    Parameters
    ----------
    path : Path
        The file.
    dialect : Dialect
        How it is written, as far as that is known.
    """

    format_name = "CSV"
    no_rows = "there are no rows below the header"

    def __init__(self, path: Path, dialect: Dialect | None = None) -> None:
        super().__init__(path)
        with self.read_errors():
            self._dialect, self._notes = (dialect or Dialect()).recognised(path)
            packing = packing_of(path)
            if packing is not None and path.suffix.lower() not in PACKINGS:
                self._notes.insert(0, f"the file is compressed ({packing.name}), as its first bytes say")
            self._names, self._n_header_lines = self._header()
            self._whole: list[str] = []
            self._schema = self._first_look()
        self._skipped: list[int] = []
        self._blank: str | None = None

    @property
    def schema(self) -> pa.Schema:
        return self._schema

    @property
    def n_rows(self) -> None:
        return None  # it would have to be read

    @property
    def whole_numbers(self) -> Sequence[str]:
        return self._whole

    @property
    def notes(self) -> Sequence[str]:
        notes = (*self._notes, *([self._blank] if self._blank else []))
        if not self._skipped:
            return notes
        named = ", ".join(map(str, self._skipped[:BAD_ROWS_NAMED]))
        more = ", …" if len(self._skipped) > BAD_ROWS_NAMED else ""
        few = "" if len(self._skipped) == 1 else "s"
        return (
            *notes,
            f"{len(self._skipped)} row{few} with too few or too many values skipped: line{few} {named}{more}",
        )

    def check_names(self) -> None:
        if not self._dialect.header or any(map(self.is_text, self._header_values)):
            return
        if not any(name.strip() for name in self._header_values):
            raise DataError(
                f"line {self._n_header_lines}, where the columns' names must be, holds none: write them there, or "
                f"choose the columns to fit by the names that they are given: {self.choice(self._names)}"
            )
        raise DataError(
            f"line {self._n_header_lines} holds numbers where the columns' names must be: write a line of names above "
            f"it, or say that there is none (--no-header); if these are the names, choose the columns to fit: "
            f"{self.choice(self._names)}"
        )

    def _as_option(self, names: Sequence[str]) -> str:
        return shlex.quote(",".join(map(quoted, names)))

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
        with closing(self._parsed(columns, self._schema)) as batches:
            for batch in batches:
                for start in range(0, batch.num_rows, n_rows):
                    yield batch.slice(start, n_rows)

    def place(self, row: int) -> str:
        skipped = set(self._skipped)
        rows = (
            r for r in islice(records(self.path, self._dialect), self._header_records, None) if r.line not in skipped
        )
        record = next(islice(rows, row, None), None)
        return f"row {row} (from 0)" if record is None else f"line {record.line}"

    # --- the header ---------------------------------------------------------------------------------------------

    @property
    def _header_records(self) -> int:
        return int(self._dialect.header)

    def _header(self) -> tuple[list[str], int]:
        """Names of all columns, and the number of lines that they take."""
        record = next(records(self.path, self._dialect), None)
        if record is None:
            raise DataError("the file is empty; a header line with the columns' names must come first")
        self._header_values = record.values
        names = [value.strip() for value in record.values]
        if not self._dialect.header:
            return [f"column_{j}" for j in range(1, len(names) + 1)], 0
        if any("\udc80" <= letter <= "\udcff" for name in names for letter in name):
            raise DataError(
                "the header is not UTF-8 text; give the file's encoding (--encoding latin-1, for instance)"
                f"{self._foreign_byte()}"
            )
        for j in (j for j, name in enumerate(names) if not name):
            names[j] = f"column_{j + 1}"
            self._notes.append(f"column {j + 1} of {len(names)} has no name; it is called {names[j]!r}")
        return names, record.line

    def _foreign_byte(self) -> str:
        """Which byte of the file is the first that is not UTF-8."""
        with CheckedText(self.path, self._dialect) as text:
            try:
                text.read(BLOCK_BYTES).decode()
            except UnicodeDecodeError as error:
                return f": byte {error.start} (from 0) is 0x{error.object[error.start]:02X}"
        return ""

    # --- parsing ------------------------------------------------------------------------------------------------

    def _first_look(self) -> pa.Schema:
        """Names, and numbers or text as the first block has it; numbers are all read as float64."""
        with CheckedText(self.path, self._dialect) as text:
            batch = self._block(next(text.pieces(BLOCK_BYTES)), self._names, None, None, [])
        if not batch.num_rows or len(set(self._names)) < len(self._names):
            return pa.schema(
                [(name, pa.float64()) for name in self._names]
            )  # refused by whoever wants rows, or columns
        self._whole = [field.name for field in batch.schema if self._is_whole(field, batch)]
        fields = []
        for field in batch.schema:
            kind = field.type
            number = is_numeric(kind) or pa.types.is_null(kind)
            fields.append((field.name, pa.bool_() if pa.types.is_boolean(kind) else pa.float64() if number else kind))
        return pa.schema(fields)

    def _is_whole(self, field: pa.Field, batch: pa.RecordBatch) -> bool:
        """Whether a column has whole numbers, among them such as Arrow takes for floats: of twenty digits, say."""
        if not pa.types.is_floating(field.type):
            return bool(pa.types.is_integer(field.type))
        if not (np.abs(vector_of(batch, field.name)) >= EXACT).any():
            return False
        found = self._first(field.name, lambda value: self._size(value) >= EXACT)
        return found is not None and DIGITS.fullmatch(found[1]) is not None

    def _size(self, value: str) -> float:
        """The magnitude of a number; 0 of what is none."""
        try:
            return abs(float(value.replace(",", ".") if self._dialect.decimal == "," else value))
        except ValueError:
            return 0.0

    def _parsed(self, columns: Sequence[str], schema: pa.Schema) -> Generator[pa.RecordBatch, None, None]:
        """All rows, a block at a time, while the next is read; nothing is read any more when this has ended or closed.

        Arrow is given bytes in its own memory and no file of Python's: threads of its own would call that file whenever
        they like, also when the interpreter is gone.
        """
        skipped: list[int] = []
        n_rows: int | None = None
        with self.read_errors(), CheckedText(self.path, self._dialect) as text:
            with read_ahead(text.pieces(BLOCK_BYTES)) as pieces:
                for piece in pieces:
                    n_before = None if n_rows is None else n_rows + len(skipped)
                    batch = self._block(piece, columns, schema, n_before, skipped)
                    n_rows = (n_rows or 0) + batch.num_rows
                    yield batch
            self._blank = text.blank_lines.note
            if text.ends_without_newline and NO_NEWLINE not in self._notes:
                self._notes.append(NO_NEWLINE)
        self._skipped = self._lines(skipped)

    def _block(
        self,
        text: pa.Buffer,
        columns: Sequence[str],
        schema: pa.Schema | None,
        n_before: int | None,
        skipped: list[int],
    ) -> pa.RecordBatch:
        """Some whole records, after so many others, or with the header; adds to the numbers of those that are skipped.

        Numbers are Arrow's: all lines of the header and all records but blank ones, from 1.
        """
        invalid: list[arrow_csv.InvalidRow] = []
        offset = 0 if n_before is None else n_before + self._n_header_lines

        def handle(row: arrow_csv.InvalidRow) -> str:
            if self._dialect.on_bad_rows == "skip":
                skipped.append(offset + row.number)
                return "skip"
            invalid.append(row)
            return "error"

        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(text),
                # One thread, which alone knows the number of an invalid row.
                arrow_csv.ReadOptions(
                    column_names=self._names,
                    skip_rows=self._n_header_lines if n_before is None else 0,
                    use_threads=False,
                    block_size=text.size + 1,
                ),
                arrow_csv.ParseOptions(
                    delimiter=self._dialect.separator, newlines_in_values=True, invalid_row_handler=handle
                ),
                arrow_csv.ConvertOptions(
                    include_columns=list(columns) if schema is not None else None,
                    column_types=schema,
                    null_values=MISSING,
                    decimal_point=self._dialect.decimal,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._explained(error, invalid, offset) from error
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)

    # --- what went wrong ----------------------------------------------------------------------------------------

    def _explained(
        self,
        error: pa.ArrowInvalid,
        invalid: Sequence[arrow_csv.InvalidRow],
        offset: int,
    ) -> DataError:
        if invalid:
            row = invalid[0]
            return DataError(
                f"line {self._lines([offset + row.number])[0]} has another number of values ({row.actual_columns}) "
                f"than the header ({row.expected_columns}): {row.text[:60]!r}; put text with "
                f"{self._dialect.separator!r} into double quotes, or skip such lines (--on-bad-rows skip)"
            )
        if (refused := REFUSED.search(str(error))) is not None:
            name, value = self._names[int(refused[1])], refused[2].strip()
            return self._not_a_number(name, self._first(name, lambda other: other.strip() == value))
        if "Could not skip initial" in str(error):  # a header line without an end
            return DataError(self.no_rows)
        return DataError(f"this is not CSV: {error}")

    def text_in(self, name: str) -> str:
        found = self._first(name, self.is_text)
        return super().text_in(name) if found is None else f"{found[1][:60]!r} in line {found[0]}"

    def not_numeric(self, names: Sequence[str], weight: str | None) -> DataError:
        """The error for columns of text: the first value that is none, and which columns are numbers."""
        name = names[0]
        found = self._first(name, self.is_text)
        if found is None:  # Arrow is stricter, about blanks for instance: it says itself what it will not have
            try:
                for _batch in self._parsed([name], pa.schema([(name, pa.float64())])):
                    pass
            except DataError as error:
                return error
        return self._not_a_number(name, found, weight)

    def _not_a_number(self, name: str, found: tuple[int, str] | None, weight: str | None = None) -> DataError:
        where = f": {found[1][:60]!r} in line {found[0]}" if found else ""
        hint = ""
        if found and THOUSANDS.fullmatch(found[1]):
            hint = " (thousands must not be set apart)"
        numbers = [f.name for f in self._schema if is_numeric(f.type) and f.name not in (name, weight)]
        remedy = f", or choose the columns to fit: {self.choice(numbers)}" if numbers else ""
        return DataError(f"{self.path}: column {name!r} is not numeric{where}{hint}; correct it{remedy}")

    def _first(self, name: str, is_sought: Callable[[str], bool]) -> tuple[int, str] | None:
        """Line and value of the first record that has such a value in this column."""
        place = self._names.index(name)
        for line, values in islice(records(self.path, self._dialect), self._header_records, None):
            if place < len(values) and is_sought(values[place]):
                return line, values[place]
        return None

    def is_text(self, value: str) -> bool:
        """Whether a value is neither a number nor missing."""
        stripped = value.strip()
        if stripped in MISSING or stripped.lower() in ("true", "false"):
            return False
        try:
            float(stripped.replace(",", ".") if self._dialect.decimal == "," else stripped)
        except ValueError:
            return True
        return "_" in stripped  # which Python takes for a number

    def _lines(self, numbers: Sequence[int]) -> list[int]:
        """Numbers in the file of rows that Arrow counts with the header's lines but without blank ones."""
        if not numbers:
            return []
        wanted = {number - self._n_header_lines + self._header_records - 1 for number in numbers}
        found = []
        for i, record in enumerate(records(self.path, self._dialect)):
            if i in wanted:
                found.append(record.line)
                if len(found) == len(wanted):
                    break
        return found


NO_NEWLINE = "the last line has no end: the file may have been cut short"
