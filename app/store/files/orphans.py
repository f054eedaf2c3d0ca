"""Orphans: blobs that no row named at a start, kept aside by day until they are deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.store.files.stores.face import FileStore

PATH = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})/(?P<key>[0-9a-f]{64})\Z")


@dataclass(frozen=True)
class Orphan:
    """One file that was put aside."""

    key: str
    day: str
    """When it was put aside, YYYY-MM-DD."""
    size: int
    """Bytes."""
    path: str


class Orphans:
    """The folder beside the blobs: one folder a day, in it the files under their keys."""

    def __init__(self, store: FileStore, root: str) -> None:
        self._store, self._root = store, root

    def add(self, path: str, key: str, *, day: str) -> None:
        """Move a file here.

        Args:
            path: where it lies.
            key: its SHA-256.
            day: YYYY-MM-DD.
        """
        self._store.move(path, f"{self._root}/{day}/{key}")

    def all(self) -> list[Orphan]:
        """What there is, the oldest first."""
        orphans = []
        for file in self._store.listed(self._root):
            match = PATH.search(file.name)
            if match:
                orphans.append(Orphan(match["key"], match["day"], file.size, file.name))
        return sorted(orphans, key=lambda orphan: (orphan.day, orphan.key))

    def delete(self, orphan: Orphan) -> None:
        """Remove one for good; a missing one is no error."""
        self._store.delete(orphan.path)
