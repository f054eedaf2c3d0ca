"""Keeping freed memory, which saves page faults in long runs of passes on the CPU.

For a process that does little else than run a network (the worker, the command line, a training):
the freed pages of one pass serve the next, and the process keeps its peak memory for good. Without
it page faults can cost more than the arithmetic. On glibc only; elsewhere nothing happens.
"""

import ctypes
import platform

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
