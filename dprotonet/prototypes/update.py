"""Prototypes from many images: "this looks like these".

Known of the paper: a prototype is updated from many images, so that it generalises, instead of
being overwritten by its single nearest patch. The kinds here are inferred; "nearest" is ProtoPNet's
push (Chen et al. 2019, section 2.2), kept as a baseline.

The guarantee, which "ema" alone does not give: the same images give the same bits, in whatever
batches and order they come, on the same machine with the same number of threads. It holds because

* each image passes the network alone (``images_per_pass=1``), since a convolution may round
  differently in batches of different size. A larger number is faster on a GPU: images then pass in
  groups of exactly that number (the last one filled up), and the guarantee holds as far as the
  device gives an image the same bits at every place of such a group;
* candidates are ordered by similarity, then by sample id, never by arrival;
* sums are taken in float64 in that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from dprotonet.errors import ReadableError
from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.similarity import similarity_f64, unit_f64
from dprotonet.prototypes.ema import moving_mean
from dprotonet.prototypes.feature_pass import PooledVectors, PrototypeBatch, pass_images
from dprotonet.prototypes.kmeans import class_kmeans
from dprotonet.prototypes.provenance import PrototypeSource

UpdateKind = Literal["top_m_mean", "weighted", "kmeans", "nearest", "ema"]

# Similarity-weighted mean: weight ∝ exp(similarity / this).
_WEIGHT_TEMPERATURE = 0.1


@dataclass(frozen=True, eq=False)
class PrototypeUpdate:
    """New prototypes and where they come from.

    Attributes:
        prototypes: ``(P, D)`` float32, on the CPU; unit length where the similarity is cosine.
        sources: for each prototype the images it was made from, heaviest first.
        kind: how they were made.
        made_with: digests of the model's "backbone" and "masks" when they were made; a bundle is
            refused as stale once these differ.
    """

    prototypes: Tensor
    sources: tuple[tuple[PrototypeSource, ...], ...]
    kind: UpdateKind
    made_with: dict[str, str]

    def apply_to(self, model: DProtoNet) -> None:
        """Put these prototypes into the model they were made with."""
        with torch.no_grad():
            model.prototypes.copy_(self.prototypes)


class _Sources(NamedTuple):
    """Per prototype, best first and padded: vectors ``(P, M, D)``, the rest ``(P, M)``; an empty
    place has similarity -inf."""

    vectors: np.ndarray
    similarities: np.ndarray
    sample_ids: np.ndarray
    image_sha256s: np.ndarray


def update_prototypes(
    model: DProtoNet,
    batches: Iterable[PrototypeBatch],
    *,
    kind: UpdateKind = "top_m_mean",
    m: int = 10,
    device: torch.device | str | None = None,
    images_per_pass: int = 1,
) -> PrototypeUpdate:
    """Prototypes learned from the images of their own class; the model is left as it was.

    Args:
        model: run in eval mode, so that batch statistics neither count nor change.
        batches: every training image once; read once, in one go.
        kind: "top_m_mean": mean of the M nearest same-class vectors. "weighted": of the same M,
            weighted by exp(similarity / 0.1). "kmeans": the class's images are divided among
            its prototypes, Lloyd's way, from the present prototypes on; memory grows with the
            number of images (images × prototypes of a class × D). "nearest": the one nearest.
            "ema": each image moves its most similar own-class prototype towards itself by a
            hundredth, one after the other; the result depends on the order in which they come,
            and a prototype that no image comes to stays as it was.
        m: M, the number of images a prototype is made from; fewer where the class has fewer.
        device: where to run; None for where the model is. The model is moved there.
        images_per_pass: see the module's guarantee.

    Returns:
        The update. Under cosine every vector counts with its direction only.

    Raises:
        ReadableError: a class has no image.
        ValueError: a sample id came twice, a label is no class, or a vector is not finite.
    """
    if kind not in get_args(UpdateKind):
        raise ValueError(f"kind must be one of {get_args(UpdateKind)}, not {kind!r}.")
    if m < 1:
        raise ValueError(f"m must be at least 1, not {m}.")
    blocks = pass_images(model, batches, device=device, images_per_pass=images_per_pass)
    if kind == "kmeans":
        prototypes, sources = _by_kmeans(model, blocks)
    elif kind == "ema":
        prototypes, sources = moving_mean(model, blocks, m)
    else:
        best = _nearest(model, blocks, 1 if kind == "nearest" else m)
        prototypes, sources = _mean(model, best, weighted=kind == "weighted")
    digests = model.part_digests()
    return PrototypeUpdate(
        torch.from_numpy(prototypes.astype(np.float32)),
        sources,
        kind,
        {part: digests[part] for part in ("backbone", "masks")},
    )


def _nearest(model: DProtoNet, blocks: Iterable[PooledVectors], m: int) -> _Sources:
    """The M most similar images of its own class for every prototype, in O(P·M·D) memory."""
    owner = np.array(model.options.prototype_classes)
    present = model.prototypes.detach().cpu().double().numpy()
    shape = (len(owner), 0)
    best = _Sources(
        np.zeros((*shape, present.shape[1]), np.float32),
        np.zeros(shape),
        np.empty(shape, object),
        np.empty(shape, object),
    )
    for block in blocks:
        similarities = similarity_f64(block.vectors, present, model.options.similarity)
        same_class = owned(block.labels, owner)
        new = _Sources(
            block.vectors.swapaxes(0, 1),
            np.where(same_class, similarities, -np.inf).T,
            np.broadcast_to(block.sample_ids, (len(owner), len(block.labels))),
            np.broadcast_to(block.image_sha256s, (len(owner), len(block.labels))),
        )
        best = _best(_Sources(*map(_beside, best, new)), m)
    _check_every_class(model, [bool(row) for row in np.isfinite(best.similarities).any(axis=1)])
    return best


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.concatenate([left, right], axis=1)


def _best(candidates: _Sources, m: int) -> _Sources:
    """The M best of each row, by similarity, ties by sample id."""
    _, rank = np.unique(candidates.sample_ids, return_inverse=True)
    rank = rank.reshape(candidates.sample_ids.shape)
    order = np.lexsort((rank, -candidates.similarities), axis=1)[:, :m]
    rows = np.arange(len(order))[:, None]
    return _Sources(*(values[rows, order] for values in candidates))


def _mean(
    model: DProtoNet, best: _Sources, *, weighted: bool
) -> tuple[np.ndarray, tuple[tuple[PrototypeSource, ...], ...]]:
    is_source = np.isfinite(best.similarities)
    weights = is_source.astype(np.float64)
    if weighted:
        shifted = best.similarities - best.similarities[:, :1]
        weights = np.where(is_source, np.exp(shifted / _WEIGHT_TEMPERATURE), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    cosine = model.options.by_direction
    vectors = unit_f64(best.vectors) if cosine else best.vectors.astype(np.float64)
    prototypes = (weights[:, :, None] * vectors).sum(axis=1)
    if cosine:
        prototypes = unit_f64(prototypes)
    closeness = similarity_f64(vectors.swapaxes(0, 1), prototypes, model.options.similarity).T
    sources = tuple(
        tuple(
            PrototypeSource(str(name), str(digest), float(weight), float(close))
            for name, digest, weight, close, real in zip(*row, strict=True)
            if real
        )
        for row in zip(
            best.sample_ids, best.image_sha256s, weights, closeness, is_source, strict=True
        )
    )
    return prototypes, sources


def _by_kmeans(
    model: DProtoNet, blocks: Iterable[PooledVectors]
) -> tuple[np.ndarray, tuple[tuple[PrototypeSource, ...], ...]]:
    owner = np.array(model.options.prototype_classes)
    by_class: list[list[PooledVectors]] = [[] for _ in model.options.classes]
    for block in blocks:
        for k, own_blocks in enumerate(by_class):
            rows = owned(block.labels, np.array([k]))[:, 0]
            own = block.vectors[rows][:, owner == k]
            own_blocks.append(PooledVectors(own, *(values[rows] for values in block[1:])))
    _check_every_class(model, [any(len(b.labels) for b in by_class[k]) for k in owner])
    prototypes = model.prototypes.detach().cpu().double().numpy()
    sources: list[tuple[PrototypeSource, ...]] = []
    for k, own_blocks in enumerate(by_class):
        whole = PooledVectors(*(np.concatenate(values) for values in zip(*own_blocks, strict=True)))
        order = np.argsort(whole.sample_ids)
        ids, hashes = whole.sample_ids[order], whole.image_sha256s[order]
        clusters = class_kmeans(
            whole.vectors[order], prototypes[owner == k], model.options.similarity
        )
        prototypes[owner == k] = clusters.centres
        for j, members in enumerate(clusters.members):
            rows = sorted(members, key=lambda i: (-clusters.similarities[i, j], ids[i]))
            sources.append(
                tuple(
                    PrototypeSource(
                        ids[i], hashes[i], 1.0 / len(rows), float(clusters.similarities[i, j])
                    )
                    for i in rows
                )
            )
    return prototypes, tuple(sources)


def _check_every_class(model: DProtoNet, has_images: Sequence[bool]) -> None:
    """``has_images``: for each of the P prototypes, whether its class had any."""
    for k, present in zip(model.options.prototype_classes, has_images, strict=True):
        if not present:
            raise ReadableError(
                f"No training image of class {model.options.classes[k]!r} was given, so it can "
                "have no prototypes. Add images of it, or leave the class out."
            )
