"""The peak of a process's memory from a given moment on."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import sys
from pathlib import Path

import torch

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peak:
    """Memory above that at the start, in MB; of a GPU its own memory.

    ``ru_maxrss`` cannot be set back, and a process inherits it from the one that started it. So
    on Linux the kernel's high-water mark is set back instead (proc(5), clear_refs); elsewhere only
    what rises above the earlier peak is seen.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._start: float | None = None

    def start(self) -> None:
        """Count from here."""
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
        else:
            if platform.libc_ver()[0] == "glibc":  # what was freed would serve again, unseen
                ctypes.CDLL(None).malloc_trim(0)
            with contextlib.suppress(OSError):  # no such file, or not ours to write
                _CLEAR.write_text("5")
        self._start = self._now()

    def megabytes(self) -> float | None:
        """The highest since then; None where the system does not say."""
        now = self._now()
        return None if now is None or self._start is None else now - self._start

    def _now(self) -> float | None:
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) / 2**20
        if _STATUS.is_file():
            for line in _STATUS.read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1024
        try:
            import resource
        except ImportError:  # Windows
            return None
        unit = 2**20 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
