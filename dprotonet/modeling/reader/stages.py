"""Where in a network a mask reader reads: one module for each of its grids.

They are found by watching one pass, so that any network has them, ours and others. A module counts
if its output is the same in every frozen form of the network: a convolution that is fused with the
activation behind it gives something else than alone, so what follows bare convolutions and batch
norms is taken, if anything does.
"""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor, nn

from dprotonet.errors import Unexplainable
from dprotonet.modeling.reader.options import Stage

MOST_STAGES = 4
_FINEST = 4  # px of the image a cell of the finest grid, where the network has coarser ones too
_CHANGED_BY_FUSING = (nn.Conv2d, nn.BatchNorm2d)
_TOLERANCE = 1e-2  # of the largest value, by which the forms of a network may differ


def find_stages(network: nn.Module, example: Tensor, *forms: nn.Module) -> tuple[Stage, ...]:
    """The stages of a network, the finest grid first, at most :data:`MOST_STAGES`.

    Of a network with a ``backbone`` they lie inside that. On each grid it is the last module, among
    those that lie least deep in the network's tree.

    Args:
        network: in eval mode, as it was made.
        example: ``(1, 3, S, S)``.
        forms: the network folded, fused or otherwise changed; a stage gives the same in all of
            them.

    Raises:
        Unexplainable: no module gives maps, or its modules cannot be watched.
    """
    given = _maps(network, example)
    for form in forms:
        others = _maps(form, example)
        given = {k: v for k, v in given.items() if k in others and _same(v, others[k])}
    changing = {name for name, m in network.named_modules() if isinstance(m, _CHANGED_BY_FUSING)}
    # Where there is nothing else, a convolution will do that no form has changed.
    given = {k: v for k, v in given.items() if k not in changing} or given
    found: dict[int, tuple[int, Stage]] = {}
    for name, maps in given.items():
        side, depth = maps.shape[-1], name.count(".")
        if side not in found or depth <= found[side][0]:
            found[side] = (depth, Stage(name, maps.shape[1]))
    sides = [side for side in found if side * _FINEST < example.shape[-1] + _FINEST]
    chosen = sorted(sides or found)[:MOST_STAGES]
    if not chosen:
        raise Unexplainable(
            "No layer of this network gives maps that a mask reader could read. "
            "Explain it by the search: MDM(model) without fit."
        )
    return tuple(found[side][1] for side in reversed(chosen))


def _maps(network: nn.Module, example: Tensor) -> dict[str, Tensor]:
    """The maps ``(1, C, h, w)`` of modules that are called once, in the order in which they end."""
    inside = "backbone" if isinstance(getattr(network, "backbone", None), nn.Module) else ""
    maps: dict[str, Tensor] = {}
    calls: Counter[str] = Counter()
    hooks = []
    for name, module in network.named_modules():
        if not name or not name.startswith(inside):
            continue
        if isinstance(module, torch.jit.ScriptModule):  # hooks see nothing of its layers
            continue

        def note(_module: nn.Module, _args: object, out: object, name: str = name) -> None:
            calls[name] += 1
            if isinstance(out, Tensor) and out.ndim == 4 and out.shape[-1] == out.shape[-2] > 1:
                maps[name] = out.detach()

        hooks.append(module.register_forward_hook(note))
    try:
        with torch.no_grad():
            network(example.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return {name: out for name, out in maps.items() if calls[name] == 1}


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(
        (one - other.to(one)).abs().max() <= _TOLERANCE * (1 + one.abs().max())
    )
