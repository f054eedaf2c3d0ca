"""Training images through the network once, a block at a time, each with the same bits every time.

See :mod:`dprotonet.prototypes.update` for what ``images_per_pass`` guarantees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dprotonet.modeling.model import DProtoNet

# Images that pass in one block: bounds the memory.
_BLOCK_IMAGES = 64


class PrototypeBatch(NamedTuple):
    """Some training images, prepared as the network takes them.

    Attributes:
        images: ``(N, 3, S, S)`` normalised, without augmentation.
        labels: ``(N,)`` class indices, or ``(N, K)`` bool of a multi-label model.
        sample_ids: N stable names.
        image_sha256s: N hashes of the image files.
    """

    images: Tensor
    labels: Tensor
    sample_ids: Sequence[str]
    image_sha256s: Sequence[str]


class PooledVectors(NamedTuple):
    """What the network pools from images, in numpy: vectors ``(B, P, D)`` float32, labels
    ``(B,)`` or ``(B, K)`` bool, and ids and hashes ``(B,)`` as Python strings."""

    vectors: np.ndarray
    labels: np.ndarray
    sample_ids: np.ndarray
    image_sha256s: np.ndarray


def pass_images(
    model: DProtoNet,
    batches: Iterable[PrototypeBatch],
    *,
    device: torch.device | str | None = None,
    images_per_pass: int = 1,
) -> Iterator[PooledVectors]:
    """The pooled vectors of all images, a block at a time, in the order in which they came."""
    if images_per_pass < 1:
        raise ValueError(f"images_per_pass must be at least 1, not {images_per_pass}.")
    if device is not None:
        model.to(device)
    classes = len(model.options.classes)
    seen: set[str] = set()
    block = images_per_pass * -(-_BLOCK_IMAGES // images_per_pass)
    for images, labels, ids, hashes in _groups(batches, block):
        repeated = seen.intersection(ids)
        if repeated or len(set(ids)) != len(ids):
            name = min(repeated) if repeated else next(i for i in ids if ids.count(i) > 1)
            raise ValueError(f"Sample {name!r} came twice: give every image once.")
        seen.update(ids)
        truth = np.array(labels)
        _check_labels(truth, classes)
        vectors = _vectors(model, images, images_per_pass)
        if not np.isfinite(vectors).all():
            raise ValueError("The network gives vectors that are not finite.")
        yield PooledVectors(vectors, truth, _strings(ids), _strings(hashes))


def _check_labels(truth: np.ndarray, classes: int) -> None:
    if truth.ndim == 1 and (truth.min() < 0 or truth.max() >= classes):
        raise ValueError(f"Labels must lie between 0 and {classes - 1}.")
    if truth.ndim == 2 and truth.shape[1] != classes:
        raise ValueError(f"Labels of several classes must have {classes} columns.")


@torch.inference_mode()
def _vectors(model: DProtoNet, images: list[Tensor], size: int) -> np.ndarray:
    """``(B, P, D)``, every pass with exactly ``size`` images."""
    vectors = []
    device = model.prototypes.device
    # A caller's autocast or memory format must not reach the bits.
    with _evaluating(model), torch.autocast(device.type, enabled=False):
        for start in range(0, len(images), size):
            group = images[start : start + size]
            filled = torch.stack(group + [group[-1]] * (size - len(group)))
            pooled = model(filled.to(device, torch.float32).contiguous()).vectors
            vectors.append(pooled[: len(group)].cpu().numpy())
    return np.concatenate(vectors)


def _groups(
    batches: Iterable[PrototypeBatch], size: int
) -> Iterator[tuple[list[Tensor], list[Any], list[str], list[str]]]:
    """The same images in groups of ``size``, whatever batches they came in."""
    images: list[Tensor] = []
    rest: list[tuple[Any, str, str]] = []
    for batch in batches:
        images.extend(batch.images)
        facts = zip(batch.labels.tolist(), batch.sample_ids, batch.image_sha256s, strict=True)
        rest.extend(facts)
        if len(images) != len(rest):
            raise ValueError("A batch has not as many images as labels.")
        while len(images) >= size:
            yield images[:size], *_columns(rest[:size])
            del images[:size], rest[:size]
    if images:
        yield images, *_columns(rest)


def _columns(rows: list[tuple[Any, str, str]]) -> tuple[list[Any], list[str], list[str]]:
    labels, ids, hashes = zip(*rows, strict=True)
    return list(labels), list(ids), list(hashes)


def _strings(values: Sequence[str]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@contextmanager
def _evaluating(model: DProtoNet) -> Iterator[None]:
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in before.items():
            module.training = training
