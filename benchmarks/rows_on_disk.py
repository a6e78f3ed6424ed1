"""Rows of clusters, made some at a time: as many as a disk holds, never all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.cases import KINDS, Array, Kind

D, K = 8, 8
PIECE = 1 << 20
"""Rows made at a time, and of a row group."""
DISTANCES: dict[Kind, float] = {"overlapping": 2.0, "separated": 10.0}
"""Deviations from centre to centre, on average: rows have a share in most components, or in one."""


@dataclass(frozen=True)
class RowsOnDisk:
    """So many rows of eight clusters; the same ones for the same kind, number and seed.

    Parameters
    ----------
    kind : {"overlapping", "separated"}
        How far the clusters lie apart.
    n : int
        Rows.
    seed : int
        Of the random numbers.
    """

    kind: Kind
    n: int
    seed: int

    @property
    def centres(self) -> Array:
        """Of the clusters, shape (k, d)."""
        centres = self._generator(0).standard_normal((K, D))
        distances = np.linalg.norm(centres[:, np.newaxis] - centres, axis=2)
        return centres * (DISTANCES[self.kind] / distances[np.triu_indices(K, 1)].mean())

    def pieces(self) -> Iterator[Array]:
        """The rows, some after others."""
        centres, deviations = self.centres, np.geomspace(0.5, 2.0, D) ** 0.5
        for start in range(0, self.n, PIECE):
            rng = self._generator(1, start)
            n = min(PIECE, self.n - start)
            yield rng.standard_normal((n, D)) * deviations + centres[rng.integers(K, size=n)]

    def in_memory(self) -> Array:
        """All of them, shape (n, d)."""
        x = np.empty((self.n, D))
        for i, piece in enumerate(self.pieces()):
            x[i * PIECE : i * PIECE + len(piece)] = piece
        return x

    def write_parquet(self, path: Path) -> None:
        """Write them as pyarrow does by itself, but for dictionaries: there are no values that stand twice."""
        with pq.ParquetWriter(path, _SCHEMA, use_dictionary=False) as writer:
            for piece in self.pieces():
                writer.write_batch(_batch(piece))

    def write_csv(self, path: Path) -> None:
        """Write them with all their digits."""
        with path.open("wb") as file, pa.csv.CSVWriter(file, _SCHEMA) as writer:
            for piece in self.pieces():
                writer.write_batch(_batch(piece))

    def _generator(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, KINDS.index(self.kind), *purpose])


_SCHEMA = pa.schema([(f"x{j}", pa.float64()) for j in range(D)])


def _batch(rows: Array) -> pa.RecordBatch:
    return pa.record_batch([pa.array(np.ascontiguousarray(column)) for column in rows.T], schema=_SCHEMA)
