"""Reading the next rows while the last are computed with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Generic, TypeVar

T = TypeVar("T")

AHEAD = 2
"""Items that wait at most: one is being computed with, one is ready, one is being read."""


@contextmanager
def read_ahead(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """Items of an iterator that another thread goes through, in their order.

    An error of the iterator comes up where its item would have come. When the context ends, whatever the reason, the
    thread has ended and the iterator is closed: nobody reads a file that somebody else may want to replace.

    Parameters
    ----------
    items : iterator
        What is read. Only the thread touches it from now on.
    """
    reader = _Reader(items)
    reader.thread.start()
    try:
        yield reader.items()
    finally:
        reader.stop()


class _Reader(Generic[T]):
    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._queue: Queue[T | _End] = Queue(AHEAD)
        self._stopped = threading.Event()
        self.thread = threading.Thread(target=self._read, name="gaussmix-read-ahead", daemon=True)

    def items(self) -> Iterator[T]:
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def stop(self) -> None:
        self._stopped.set()
        while self.thread.is_alive():
            while not self._queue.empty():  # room for what the thread is about to put
                self._queue.get()
            self.thread.join(0.01)

    def _read(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                self._queue.put(item)
                if self._stopped.is_set():
                    break
        except BaseException as raised:  # noqa: BLE001 - it is raised again where the items are used
            error = raised
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()
            self._queue.put(_End(error))


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error
