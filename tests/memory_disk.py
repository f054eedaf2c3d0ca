"""Temporary folders of tests lie in memory where there is room: no test waits for a disk.

What is written is flushed to the disk before it counts as written, some 20 times in a test that
signs; on a disk that takes milliseconds, on a file system in memory nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

MEMORY_DISK = Path("/dev/shm")
ROOM = 6 * 1024**3  # bytes; a whole run leaves about one, since passed tests leave none
LEFT = 6 * 1024**3  # bytes of memory for the processes


def memory_disk() -> Path | None:
    """A file system in memory that programs can be started from; None where there is no room."""
    if not os.access(MEMORY_DISK, os.W_OK):
        return None
    found = os.statvfs(MEMORY_DISK)
    if found.f_flag & os.ST_NOEXEC or found.f_bavail * found.f_frsize < ROOM:
        return None
    return MEMORY_DISK if _available() > ROOM + LEFT else None


def _available() -> int:
    """Bytes of memory that are free or can be freed."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
