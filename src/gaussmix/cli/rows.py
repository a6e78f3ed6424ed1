"""The rows that a command line names."""

from __future__ import annotations

from gaussmix.core.contracts import Source


def open_rows(where: str, columns: tuple[str, ...] | None, weight: str | None) -> Source:
    """As `gaussmix.data.files.open_rows`, which is imported here: ``--help`` does not wait for pyarrow."""
    from gaussmix.data import files

    return files.open_rows(where, columns, weight)
