"""Multiply-accumulates of a network, and the best rate at which this machine does them."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

# A dense convolution of ResNet's shape, large enough for any kernel to reach its best.
_CHANNELS, _SIDE, _IMAGES, _REPEATS = 256, 56, 8, 5


def multiply_accumulates(network: nn.Module, x: Tensor) -> int:
    """Of one pass, by the convolutions and linear layers alone.

    Args:
        network: in eval mode.
        x: ``(N, 3, S, S)``.
    """
    counted = [0]

    def count(module: nn.Module, _args: tuple, out: Tensor) -> None:
        weight = module.weight
        if not isinstance(weight, Tensor):
            return
        # A weight (out, in / groups, h, w) or (out, in): each output takes one row of it.
        counted[0] += out.numel() * (weight.numel() // weight.shape[0])

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
    return counted[0]


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
