"""Some room kept back beside an SQLite database, so that rows can be deleted on a full disk.

A deletion is written to the journal before anything becomes free: without room it fails, and then
a full disk could not be emptied from the page.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from dprotonet.atomic_files import write_whole

log = logging.getLogger(__name__)
MOST = 8 << 20  # bytes: the journal of deleting some thousand rows
LEAST = 128 << 10  # bytes: less would not carry one deletion
FRACTION = 4  # of what is free: never more than a quarter is kept back


class Reserve:
    """A file of random bytes, which no file system packs to nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self) -> bool:
        """Make the file where there is room for it; True when it is there."""
        try:
            if self._path.exists():
                return True
            size = min(MOST, shutil.disk_usage(self._path.parent).free // FRACTION)
            if size < LEAST:
                return False
            write_whole(self._path, lambda stream: stream.write(os.urandom(size)))
        except OSError:
            return False  # read-only, or filled up meanwhile; nothing depends on the reserve
        return True

    def give_back(self) -> bool:
        """Remove the file; True when that made room."""
        try:
            self._path.unlink()
        except OSError:
            return False
        log.warning("the disk is full: the room that was kept back is given up")
        return True
