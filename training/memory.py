"""Keep freed memory in the process: on a CPU, page faults can cost as much as the arithmetic."""

from __future__ import annotations

import ctypes
import sys

# glibc's mallopt(3): parameter numbers of malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> bool:
    """Ask glibc not to return freed memory to the system; True where it took effect.

    The process then stays as large as it once was, which suits a training run and no server.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 256 << 20))
    return all(mallopt(parameter, value) == 1 for parameter, value in settings)
