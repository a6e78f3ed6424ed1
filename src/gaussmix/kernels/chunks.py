"""How many rows a chunk has."""

from __future__ import annotations

LONGEST = 4096
"""Sums of fewer rows than this are quickly made, and adding them up costs nothing beside."""
SHORTEST = 1024
"""Writing out and adding a chunk's sums costs about as much as 4 to 40 of its rows: of 1024, at most 4 %."""
WORK = 1 << 28
"""Products n·k·d² in a chunk beyond which a shorter one spreads better over threads: about 6 ms of work, so that 50,000
rows of 128 features make 49 chunks and not 25, of which two threads would do 13 and 12."""


def chunk_length(n_components: int, n_features: int) -> int:
    """Rows of a chunk: a power of two that depends on nothing but the size of the mixture.

    Whoever cuts the rows (threads, files, workers) cuts them here, so that every sum has the same bits.
    """
    length = LONGEST
    while length > SHORTEST and length * n_components * n_features**2 > WORK:
        length //= 2
    return length
