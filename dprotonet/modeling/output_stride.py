"""A finer last grid: a backbone's last halving taken out.

Its layers keep their weights. What came after the halving sees as wide a field as before, since the
kernels are spread (Yu & Koltun 2017, "Dilated Residual Networks"; torchvision's
``replace_stride_with_dilation``). Grids are found by watching one pass, so that all kinds of
backbones are treated alike.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def take_out_last_halving(backbone: nn.Module, stride: int = 32) -> None:
    """Change a backbone of this stride, in place, to half of it.

    Raises:
        ValueError: no layer that halves the last grid was found.
    """
    side = 4 * stride
    fine, coarse = side * 2 // stride, side // stride  # the last two grids
    halving: list[tuple[nn.Module, str, nn.Module]] = []
    after: list[nn.Conv2d] = []
    hooks = []
    for parent in backbone.modules():
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):

                def note(
                    module: nn.Module,
                    args: tuple[Any, ...],
                    out: Tensor,
                    place: tuple[nn.Module, str] = (parent, name),
                ) -> None:
                    read, given = args[0].shape[-1], out.shape[-1]
                    if read == fine and given == coarse:
                        halving.append((*place, module))
                    elif read == coarse and isinstance(module, nn.Conv2d):
                        after.append(module)

                hooks.append(layer.register_forward_hook(note))
    was_training = backbone.training
    try:
        with torch.inference_mode():
            backbone.eval()(torch.zeros(1, 3, side, side))
    finally:
        backbone.train(was_training)
        for hook in hooks:
            hook.remove()
    if not halving:
        raise ValueError("This backbone has no layer that halves its last grid.")
    for parent, name, layer in halving:
        if isinstance(layer, nn.Conv2d):
            _without_stride(layer)
        else:
            setattr(parent, name, nn.Identity())
    for layer in after:
        _spread(layer)


def _without_stride(layer: nn.Conv2d) -> None:
    layer.stride = (1, 1)
    if all(size % 2 == 0 for size in layer.kernel_size):  # ConvNeXt's 2×2, which has no middle
        layer.padding = "same"
        layer._reversed_padding_repeated_twice = [0, 1, 0, 1]


def _spread(layer: nn.Conv2d) -> None:
    if max(layer.kernel_size) == 1:
        return
    assert not isinstance(layer.padding, str)
    layer.dilation = (2 * layer.dilation[0], 2 * layer.dilation[1])
    layer.padding = (2 * layer.padding[0], 2 * layer.padding[1])
