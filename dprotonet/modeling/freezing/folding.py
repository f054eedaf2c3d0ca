"""Batch norms folded into the convolutions before them, and the order in which layers are called.

A batch norm in eval mode multiplies and adds constants, which the convolution before it can do
itself. The pairs are found by watching one pass, so that any network can be folded, whatever its
forward looks like.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dprotonet.modeling.freezing.network_copy import sharing_copy
from dprotonet.modeling.freezing.passing import are_close
from dprotonet.modeling.logits import logits_of

log = logging.getLogger(__name__)

Call = tuple[str, Tensor | None, object]
"""Name, input and output of a leaf module in one pass."""


def layer_calls(network: nn.Module, example: Tensor) -> list[Call]:
    """Every leaf module's call in one pass of ``example`` ``(N, 3, S, S)``, in their order."""
    calls: list[Call] = []
    hooks = []
    for name, module in network.named_modules():
        is_scripted = isinstance(module, torch.jit.ScriptModule)  # hooks see nothing of its layers
        if next(module.children(), None) is None and not is_scripted:

            def note(_m: nn.Module, args: tuple[Any, ...], out: object, name: str = name) -> None:
                calls.append((name, args[0] if args else None, out))

            hooks.append(module.register_forward_hook(note))
    try:
        network(example.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def folded(
    network: nn.Module, calls: Sequence[Call], example: Tensor, expected: Tensor
) -> nn.Module:
    """The network with its batch norms folded into the convolutions that feed them and nothing
    else, or as it is where that would change its logits.

    Args:
        network: frozen, in eval mode; left as it is.
        calls: of one pass through it.
        example: ``(1, 3, S, S)``.
        expected: its logits ``(1, K)``.
    """
    pairs = _foldable(network, calls)
    if not pairs:
        return network
    try:
        result = sharing_copy(network)
        for source, name in pairs:
            conv, norm = result.get_submodule(source), result.get_submodule(name)
            result.set_submodule(source, fuse_conv_bn_eval(conv, norm))  # type: ignore[type-var,arg-type]
            result.set_submodule(name, nn.Identity())
        for parameter in result.parameters():
            parameter.requires_grad_(False)
        same = are_close(logits_of(result(example.clone())), expected, 1e-3)
    except Exception as error:  # weights that are recomputed at every pass cannot be replaced
        log.debug("nothing is folded: %s", error)
        return network
    return result if same else network


def _foldable(network: nn.Module, calls: Sequence[Call]) -> list[tuple[str, str]]:
    """Convolution and batch norm, where nothing else reads between them."""
    once = {name for name, count in Counter(name for name, _, _ in calls).items() if count == 1}
    readers: dict[int, list[str]] = {}
    for name, read, _ in calls:
        readers.setdefault(id(read), []).append(name)
    writers = {id(out): name for name, _, out in calls}
    return [
        (source, name)
        for name, read, _ in calls
        if isinstance(network.get_submodule(name), nn.BatchNorm2d)
        and (source := writers.get(id(read), ""))
        and isinstance(network.get_submodule(source), nn.Conv2d)
        and {name, source} <= once
        and readers[id(read)] == [name]
    ]


def last_spatial(network: nn.Module, example: Tensor, calls: Sequence[Call]) -> str:
    """The module whose output is the network's last feature map ``(N, C, h, w)``, "" for none.

    Of a DProtoNet it is the backbone, since its masks are maps as well.
    """
    backbone = getattr(network, "backbone", None)
    if isinstance(backbone, nn.Module):
        outputs: list[object] = []
        hook = backbone.register_forward_hook(lambda _m, _args, out: outputs.append(out))
        try:
            network(example.clone())
        finally:
            hook.remove()
        if outputs and _is_spatial(outputs[-1]):
            return "backbone"
    return next((name for name, _, out in reversed(calls) if _is_spatial(out)), "")


def _is_spatial(out: object) -> bool:
    return isinstance(out, Tensor) and out.ndim == 4 and out.shape[-1] > 1 and out.shape[-2] > 1
