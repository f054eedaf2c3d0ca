"""ONNX's operators that are layers of torch: with weights, or so common that they are looked for.

As modules, convolutions and batch norms can be folded and fused, and the last feature map is found
(:mod:`dprotonet.modeling.freezing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Attributes = Mapping[str, Any]


class _Padded(nn.Module):
    """A layer behind a padding that torch's own does not have: other at one side than at the
    other."""

    def __init__(self, layer: nn.Module, sides: Sequence[int], value: float) -> None:
        super().__init__()
        self.layer, self._sides, self._value = layer, tuple(sides), value

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)``."""
        padded: Tensor = self.layer(F.pad(x, self._sides, value=self._value))
        return padded


class _AveragePool(nn.Module):
    """A mean over windows, whose padding counts or does not."""

    def __init__(self, window: Sequence[int], attributes: Attributes) -> None:
        super().__init__()
        self._window = tuple(window)
        self._stride = tuple(attributes.get("strides", (1, 1)))
        self._padding = _even(attributes)
        self._ceil = bool(attributes.get("ceil_mode", 0))
        self._counts_padding = bool(attributes.get("count_include_pad", 0))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)``."""
        return F.avg_pool2d(
            x, self._window, self._stride, self._padding, self._ceil, self._counts_padding
        )


def _sides(attributes: Attributes) -> tuple[int, int, int, int]:
    """Padding above, left, below, right."""
    if attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise ValueError(f"auto_pad {attributes['auto_pad']}")
    pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
    if len(pads) != 4:
        raise ValueError("a layer of other than two dimensions")
    return pads


def _even(attributes: Attributes) -> tuple[int, int]:
    top, left, bottom, right = _sides(attributes)
    if (top, left) != (bottom, right):
        raise ValueError("a mean over windows with uneven padding")
    return top, left


def _padded(
    make: Callable[[tuple[int, int]], nn.Module], attributes: Attributes, value: float
) -> nn.Module:
    top, left, bottom, right = _sides(attributes)
    if (top, left) == (bottom, right):
        return make((top, left))
    return _Padded(make((0, 0)), (left, right, top, bottom), value)


def _convolution(tensors: Sequence[Tensor], attributes: Attributes) -> nn.Module:
    weight, bias = tensors[0], tensors[1] if len(tensors) > 1 else None
    if weight.ndim != 4:
        raise ValueError("a convolution of other than two dimensions")
    groups = attributes.get("group", 1)

    def make(padding: tuple[int, int]) -> nn.Module:
        conv = nn.Conv2d(
            weight.shape[1] * groups,
            weight.shape[0],
            (weight.shape[2], weight.shape[3]),
            stride=tuple(attributes.get("strides", (1, 1))),
            padding=padding,
            dilation=tuple(attributes.get("dilations", (1, 1))),
            groups=groups,
            bias=bias is not None,
            device="meta",
        )
        conv.weight = nn.Parameter(weight)
        conv.bias = None if bias is None else nn.Parameter(bias)
        return conv

    return _padded(make, attributes, 0.0)


def _batch_norm(tensors: Sequence[Tensor], attributes: Attributes) -> nn.Module:
    scale, shift, mean, variance = tensors
    norm = nn.BatchNorm2d(len(scale), eps=attributes.get("epsilon", 1e-5))
    norm.weight, norm.bias = nn.Parameter(scale), nn.Parameter(shift)
    norm.running_mean, norm.running_var = mean.clone(), variance.clone()
    return norm


def _max_pool(tensors: Sequence[Tensor], attributes: Attributes) -> nn.Module:
    def make(padding: tuple[int, int]) -> nn.Module:
        return nn.MaxPool2d(
            tuple(attributes["kernel_shape"]),
            tuple(attributes.get("strides", (1, 1))),
            padding,
            tuple(attributes.get("dilations", (1, 1))),
            ceil_mode=bool(attributes.get("ceil_mode", 0)),
        )

    return _padded(make, attributes, -torch.inf)


def _average_pool(tensors: Sequence[Tensor], attributes: Attributes) -> nn.Module:
    return _AveragePool(attributes["kernel_shape"], attributes)


def _relu(tensors: Sequence[Tensor], attributes: Attributes) -> nn.Module:
    return nn.ReLU()


LAYERS: dict[str, Callable[[Sequence[Tensor], Attributes], nn.Module]] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Conv": _convolution,
    "MaxPool": _max_pool,
    "Relu": _relu,
}
"""By ONNX's name: from the operator's tensors and attributes to the layer. ValueError where it is
of a kind that torch's layer is not."""


def is_six(low: object, high: object) -> bool:
    """Whether a Clip between these is a ReLU6."""
    return low == 0.0 and high == 6.0
