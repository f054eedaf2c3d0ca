"""Where in a backbone an image is measured for the gate, and what is read there.

The last layers turn an image into what tells the classes apart: there an upside-down or inverted
film looks much like a film. At a sixteenth of the image's side the maps still show what is where.
Their means over each quarter of the image are what the gate knows of it. Measured:
docs/results/gate.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.backbones import build_backbone

_STRIDE = 16  # px of the image a cell of the stage's maps
_SIDE = 4 * _STRIDE  # px, of the blank image that finds the stage


def gate_stage(name: str) -> str:
    """The last block of a backbone whose maps have a sixteenth of the image's side.

    Args:
        name: of the backbone. The block is found in one with its usual last grid, and is the same
            one where that grid is finer.

    Returns:
        The block's name inside the backbone, such as "features.13" or "layer3".
    """
    with torch.random.fork_rng(devices=[]):
        backbone = build_backbone(name).eval()
    found = ""
    with torch.inference_mode():
        x = torch.zeros(1, 3, _SIDE, _SIDE)
        for block, module in blocks(backbone):
            x = module(x)
            if x.shape[-1] == _SIDE // _STRIDE:
                found = block
    return found


def blocks(backbone: nn.Module) -> list[tuple[str, nn.Module]]:
    """The blocks that a backbone's images pass one after the other, by name inside it."""
    chain: list[tuple[str, nn.Module]] = []
    for name, child in backbone.named_children():
        if name == "features":
            chain.extend((f"{name}.{inner}", block) for inner, block in child.named_children())
        else:
            chain.append((name, child))
    return chain


def quarter_means(maps: Tensor) -> Tensor:
    """``(N, C, h, w)`` to ``(N, 4 C)`` float32: each channel's mean over each quarter."""
    return functional.adaptive_avg_pool2d(maps.float(), 2).flatten(1)


def stage_features(backbone: nn.Module, stage: str, images: Tensor) -> Tensor:
    """What the gate reads of images ``(N, 3, S, S)``, normalised: ``(N, 4 C)`` float32.

    Raises:
        ValueError: the backbone has no such block.
    """
    x = images
    for name, block in blocks(backbone):
        x = block(x)
        if name == stage:
            return quarter_means(x)
    raise ValueError(f"The backbone has no block {stage!r}.")


@contextmanager
def stage_watched(network: nn.Module, stage: str) -> Iterator[list[Tensor]]:
    """While it lasts, what the gate reads of each pass through a network is added to the list.

    The list gets ``(N, 4 C)`` float32 for each pass; nothing of the network changes. One thread at
    a time.

    Args:
        network: has ``backbone``, also where it is a folded or converted copy.
        stage: a block's name inside the backbone.
    """
    features: list[Tensor] = []

    def note(_module: nn.Module, _args: object, maps: Tensor) -> None:
        features.append(quarter_means(maps))

    hook = network.get_submodule(f"backbone.{stage}").register_forward_hook(note)
    try:
        yield features
    finally:
        hook.remove()
