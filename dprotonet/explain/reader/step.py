"""One step of a mask reader's training: what is drawn, and the loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dprotonet.explain.reader.fills import drawn_fill
from dprotonet.explain.reader.jpeg import jpeg_again
from dprotonet.explain.reader.objective import apart, beside, roughness, soft_masks
from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.explain.reader.state import ReaderTraining


def step_loss(
    training: ReaderTraining, rows: Tensor, step: int, generator: torch.Generator
) -> Tensor:
    """The loss of a batch, with the graph to the reader's weights.

    The reader sees the images under noise and a little moved, so that its maps do not hang on
    either. Each image has one node, one fraction and one fill.

    Args:
        rows: ``(n,)`` of the images.
        step: its number; fills and kinds of nodes take turns.
        generator: of all that is drawn, on the CPU.
    """
    settings = training.settings
    images = training.load(rows)
    masks, bodies = training.images.valid(rows, images), training.images.body(rows, images)
    images, valid_masks, bodies = _moved(images, masks, bodies, settings.shift, generator)
    values, maps = training.read(_worse(images, settings, generator))
    nodes = drawn_nodes(training, values, step, generator)
    at = torch.arange(len(rows), device=maps.device)
    maps, before = maps[at, nodes], values[at, nodes]
    fractions = drawn_fractions(len(rows), settings.areas, generator).to(maps)
    masks, attributions = soft_masks(
        maps, fractions, valid_masks, settings.sharpness, edged=settings.edged
    )
    fill = settings.fills[step % len(settings.fills)]
    pairs = zip(images, valid_masks, strict=True)
    fills = torch.stack([drawn_fill(fill, one, inside, generator) for one, inside in pairs])
    gap = masked_gaps(training, images, fills, masks, before, nodes)
    loss = settings.smoothness * roughness(maps) - gap.mean()
    if settings.steady:
        again = training.read(images)[1][at, nodes]
        loss = loss + settings.steady * apart(maps, again)
    if bodies is not None:
        loss = loss + settings.body * beside(attributions, bodies, valid_masks)
    return loss


def _worse(images: Tensor, settings: ReaderSettings, generator: torch.Generator) -> Tensor:
    """The same images under noise, some of them through a JPEG file before."""
    noise = settings.noise * float(torch.rand((), generator=generator))
    added = noise * torch.randn(images.shape, generator=generator).to(images)
    if settings.jpeg and float(torch.rand((), generator=generator)) < settings.jpeg:
        images = jpeg_again(images, generator)
    return images + added


def masked_gaps(
    training: ReaderTraining,
    images: Tensor,
    fills: Tensor,
    masks: Tensor,
    before: Tensor,
    nodes: Tensor,
) -> Tensor:
    """What masks keep less what they leave when removed: ``(n,)`` in standard deviations.

    Args:
        images: ``(n, 3, S, S)``.
        fills: ``(n, 3, S, S)``.
        masks: ``(n, S, S)`` in [0, 1].
        before: ``(n,)`` values of the whole images.
        nodes: ``(n,)`` int64.
    """
    kept = torch.lerp(fills, images, masks[:, None])
    removed = torch.lerp(images, fills, masks[:, None])
    values = training.values(torch.cat([kept, removed])).gather(1, nodes.repeat(2)[:, None])[:, 0]
    return training.scale.gap(values[: len(images)], values[len(images) :], before, nodes)


def _moved(
    images: Tensor,
    valid_masks: Tensor,
    bodies: Tensor | None,
    most: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """All moved by the same few pixels; what leaves at one edge comes in at the other."""
    by = tuple(torch.randint(-most, most + 1, (2,), generator=generator).tolist())
    bodies = None if bodies is None else bodies.roll(by, (-2, -1))
    return images.roll(by, (-2, -1)), valid_masks.roll(by, (-2, -1)), bodies


def drawn_nodes(
    training: ReaderTraining, values: Tensor, step: int, generator: torch.Generator
) -> Tensor:
    """One node ``(n,)`` for each image: classes and prototypes in turns.

    A class is mostly the image's highest one; a prototype one of the most similar ones, beside what
    it is for other images.

    Args:
        values: ``(n, Q)`` of the images.
    """
    settings, classes = training.settings, training.classes
    even = ((values - training.scale.mean) / training.scale.deviation).cpu()
    others = even.shape[1] - classes
    drawn = []
    for i, image in enumerate(even):
        chance = float(torch.rand((), generator=generator))
        if others and (i + step) % 2:
            strongest = image[classes:].topk(min(settings.strongest, others)).indices
            drawn.append(classes + int(strongest[int(chance * len(strongest))]))
        elif chance < settings.leading:
            drawn.append(int(values[i, :classes].argmax()))
        else:
            drawn.append(int(torch.randint(classes, (), generator=generator)))
    return torch.tensor(drawn, device=values.device)


def drawn_fractions(count: int, areas: tuple[float, float], generator: torch.Generator) -> Tensor:
    """Fractions ``(count,)`` whose logarithms spread evenly over the range, in any order.

    Half of them are below the geometric mean of the range, so that a small finding weighs as much
    as a large one.
    """
    even = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    low, high = math.log(areas[0]), math.log(areas[1])
    fractions = torch.exp(low + (high - low) * even)
    return fractions[torch.randperm(count, generator=generator)]
