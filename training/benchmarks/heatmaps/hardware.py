"""Memory and arithmetic: a process's peak, a network's operations, a convolution's best rate."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# A dense convolution of ResNet's shape, large enough for any kernel to reach its best.
_CHANNELS, _SIDE, _IMAGES, _REPEATS = 256, 56, 8, 5


class PeakMemory:
    """The peak of a process's memory above that at the start, in MB; of a GPU its own memory.

    ``ru_maxrss`` cannot be reset, and a process inherits it from the one that started it. So on
    Linux the kernel's high-water mark is reset instead (proc(5), clear_refs); elsewhere only
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


def multiply_accumulates(network: nn.Module, x: Tensor) -> int:
    """Of one pass, by the convolutions and linear layers alone.

    Args:
        network: in eval mode.
        x: ``(N, 3, S, S)``.
    """
    total = 0

    def count(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        weight = module.weight
        if isinstance(weight, Tensor):
            # A weight (out, in / groups, h, w) or (out, in): each output takes one row of it.
            total += output.numel() * (weight.numel() // weight.shape[0])

    hooks = [
        module.register_forward_hook(count)
        for module in network.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    try:
        with torch.inference_mode():
            network(x.contiguous(memory_format=torch.channels_last))
    finally:
        for hook in hooks:
            hook.remove()
    return total


def best_rate(dtype: torch.dtype, device: torch.device) -> float:
    """Multiply-accumulates a second of a large 3 × 3 convolution, the best of a few."""
    layer = nn.Conv2d(_CHANNELS, _CHANNELS, 3, padding=1, bias=False).to(device, dtype)
    layer = layer.to(memory_format=torch.channels_last)
    x = torch.randn(_IMAGES, _CHANNELS, _SIDE, _SIDE, device=device, dtype=dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    times = []
    with torch.inference_mode():
        for _ in range(_REPEATS + 1):
            started = time.perf_counter()
            layer(x)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - started)
    return _IMAGES * _SIDE**2 * _CHANNELS**2 * 9 / min(times[1:])
