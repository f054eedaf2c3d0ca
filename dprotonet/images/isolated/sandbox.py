"""What the child that opens foreign files cannot do: a decoder may be taken over by a file.

It gets an environment without secrets, then gives up the network, writing, other processes and
its privileges, as far as the system lets it. What holds is returned, so that it can be reported.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping, Sequence

from dprotonet.allocator import process_memory

PROTECTIONS = ("memory", "network", "files", "processes")
_OPEN_FILES = 64  # a decoder opens one; Python's imports a few at a time

# What Python, its libraries and the names of files need. All else stays with the parent: the
# address of a database, with its password, is in the environment of a server.
_KEPT = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "PYTHONHOME",
    "PYTHONUTF8",
    "SYSTEMROOT",
    "WINDIR",
)
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TIFFFILE_NUM_THREADS",
)


def child_environment(own: Mapping[str, str], search_path: Sequence[str]) -> dict[str, str]:
    """The environment of the child.

    Args:
        own: the parent's environment.
        search_path: the parent's ``sys.path``; the child looks for modules in the same folders,
            whether the library is installed or runs from a checkout.
    """
    environment = {
        name: value
        for name, value in own.items()
        if name.upper() in _KEPT or name.upper().startswith("LC_")
    }
    # "" stands for the current folder.
    environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(folder) for folder in search_path)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    if site.ENABLE_USER_SITE:  # packages may lie below the home folder, which is not handed on
        environment["PYTHONUSERBASE"] = site.getuserbase()
    return {**environment, **dict.fromkeys(_THREADS, "1"), "HOME": os.devnull}


def seal(memory_bytes: int) -> tuple[str, ...]:
    """Give up all that reading a file does not need. It cannot be undone.

    Args:
        memory_bytes: of address space beyond what the process has taken so far.

    Returns:
        Those of ``PROTECTIONS`` that hold. ``"network"``: no connection can be opened;
        ``"files"``: none can be written, made or removed; ``"processes"``: none can be started,
        and those of the same user not be looked into.
    """
    active = set()
    if _limit_resources(memory_bytes):
        active.add("memory")
    if sys.platform == "linux":
        try:
            from dprotonet.images.isolated.sandbox_linux import seal_linux

            active |= seal_linux()
        except (ImportError, AttributeError):  # no ctypes, or a C library without these calls
            pass
    return tuple(name for name in PROTECTIONS if name in active)


def limit_processor_time(seconds: float) -> None:
    """End this process after so many seconds of processor time from now; nothing on Windows."""
    try:
        import resource
    except ImportError:
        return
    from math import ceil

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = ceil(used.ru_utime + used.ru_stime + seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or soft <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _limit_resources(memory_bytes: int) -> bool:
    """Limits that every Unix has. Returns whether the memory is limited."""
    try:
        import resource
    except ImportError:  # Windows: only the limits on size and wall time hold
        return False
    for name, most in (
        ("RLIMIT_CORE", 0),  # a crash leaves no pixels on the disk
        ("RLIMIT_FSIZE", 0),  # of regular files; pipes are none
        ("RLIMIT_NPROC", 0),  # does not bind root
        ("RLIMIT_NOFILE", _OPEN_FILES),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (AttributeError, OSError, ValueError):
            continue
    held = process_memory()
    most = (1024**3 if held is None else held.address_space) + memory_bytes
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (OSError, ValueError):  # macOS refuses to limit the address space
        return False
    return True
