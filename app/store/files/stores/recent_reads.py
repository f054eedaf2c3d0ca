"""What was read or written a moment ago, held in memory so that a page's rerun fetches nothing.

In memory and not on a disk: a case that is deleted must leave no copy on other machines. A blob
never changes under its name, so that what is held cannot be out of date.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST = 256 << 20  # bytes of all files together
LARGEST = 64 << 20  # bytes of one


class RecentReads:
    """The files that were used last.

    Args:
        most: bytes of all together.
        largest: bytes of one; larger ones are not held.
    """

    def __init__(self, *, most: int = MOST, largest: int = LARGEST) -> None:
        self._most, self._largest = most, largest
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes | None:
        """A file's bytes; None where it is not held."""
        with self._lock:
            data = self._held.get(name)
            if data is not None:
                self._held.move_to_end(name)
            return data

    def put(self, name: str, data: bytes) -> None:
        """Hold a file; those that were not used for longest make room for it."""
        with self._lock:
            self._forget(name)
            if len(data) > self._largest:
                return
            self._held[name] = data
            self._size += len(data)
            while self._size > self._most:
                self._size -= len(self._held.popitem(last=False)[1])

    def drop(self, name: str) -> None:
        """Forget a file."""
        with self._lock:
            self._forget(name)

    def rename(self, name: str, new: str) -> None:
        """A file that is held has another name now."""
        data = self.get(name)
        self.drop(name)
        if data is not None:
            self.put(new, data)

    def _forget(self, name: str) -> None:
        self._size -= len(self._held.pop(name, b""))
