"""A network in bfloat16, where that is quicker and changes little."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dprotonet.modeling.freezing.folding import Call
from dprotonet.modeling.freezing.network_copy import Borrowed, sharing_copy


def bfloat16_copy(exact: nn.Module, calls: Sequence[Call]) -> nn.Module | None:
    """A bfloat16 copy of a frozen network, or None of one whose layers cannot be reached.

    What stays in float32 is shared with the network.

    Of a DProtoNet only the backbone is converted; of any other network all but the linear layers
    that read one vector an image, so that the logits keep their full precision.

    Strided depthwise convolutions stay in float32: their bfloat16 gradient is ten times slower on
    the CPU (torch 2.14; in a MobileNetV2 four such layers took 100 of 180 ms).

    Args:
        exact: in float32.
        calls: of one pass through it.
    """
    if any(isinstance(module, torch.jit.ScriptModule | Borrowed) for module in exact.modules()):
        return None
    low = torch.bfloat16
    fast = sharing_copy(exact)
    part = getattr(fast, "backbone", None)
    part = part if isinstance(part, nn.Module) else fast
    inputs = [(fast.get_submodule(name), read) for name, read, _ in calls]
    heads = {m for m, read in inputs if isinstance(m, nn.Linear) and _is_vector(read)}
    unconverted = {m for m in part.modules() if m in heads or _is_strided_depthwise(m)}
    for module in unconverted:
        _compute_in(module, torch.float32, torch.float32 if module in heads else low)
    for module in part.modules():
        if module not in unconverted:
            _convert_own(module, low)
    _compute_in(part, low, torch.float32)
    return fast


def _is_strided_depthwise(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.groups > 1 and max(module.stride) > 1


def _is_vector(read: object) -> bool:
    return isinstance(read, Tensor) and read.ndim == 2


def _convert_own(module: nn.Module, dtype: torch.dtype) -> None:
    for tensor in [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
        if tensor.is_floating_point():
            tensor.data = tensor.data.to(dtype)


def _compute_in(module: nn.Module, within: torch.dtype, outside: torch.dtype) -> None:
    """Cast what a module takes to one type and what it gives to another."""

    def take(_m: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(a.to(within) if isinstance(a, Tensor) else a for a in args)

    def give(_m: nn.Module, _args: tuple[Any, ...], out: object) -> object:
        return out.to(outside) if isinstance(out, Tensor) else out

    module.register_forward_pre_hook(take)
    module.register_forward_hook(give)
