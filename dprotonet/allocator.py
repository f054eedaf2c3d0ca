"""A process's memory: how much it holds, and keeping what was freed.

Keeping it saves page faults in a process that does little else than run a network on the CPU (the
worker, the command line, a training): the freed pages of one pass serve the next, and the process
keeps its peak memory for good. Without it page faults can cost more than the arithmetic. On glibc
only; elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import platform
from dataclasses import dataclass
from pathlib import Path

_STATM = Path("/proc/self/statm")  # pages: in all, resident, …
# malloc.h of glibc
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def keep_freed_memory(pad_bytes: int = 64 << 20) -> bool:
    """Tell the allocator of this process not to give memory back; True where that worked.

    Args:
        pad_bytes: by how much the heap grows at a time.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    settings = [(_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, pad_bytes)]
    return all([mallopt(name, value) for name, value in settings])


@dataclass(frozen=True)
class ProcessMemory:
    """Bytes that a process holds."""

    address_space: int
    """All that is mapped, whether it was ever touched or not."""
    resident: int
    """What lies in the machine's memory."""


def process_memory() -> ProcessMemory | None:
    """What this process holds now; None where the system does not say."""
    try:
        pages = [int(part) for part in _STATM.read_bytes().split()[:2]]
        in_all, resident = (number * os.sysconf("SC_PAGE_SIZE") for number in pages)
    except (OSError, ValueError):
        return None
    return ProcessMemory(in_all, resident)
