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

from collections.abc import Iterable, Iterator, Sequence
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
from dprotonet.prototypes.mixture import class_mixture
from dprotonet.prototypes.provenance import PrototypeSource

UpdateKind = Literal["top_m_mean", "weighted", "kmeans", "mixture", "nearest", "ema"]
MadeBy = UpdateKind | Literal["axes"]  # axes that were turned towards concepts have images too

# Similarity-weighted mean: weight ∝ exp(similarity / this).
_WEIGHT_TEMPERATURE = 0.1


@dataclass(frozen=True, eq=False)
class PrototypeUpdate:
    """New prototypes and where they come from.

    Attributes:
        prototypes: ``(P, D)`` float32, on the CPU; unit length where the similarity is cosine.
        sources: for each prototype the images it was made from, heaviest first; for an axis those
            that show its concept most.
        kind: how they were made.
        made_with: digests of the model's "backbone" and "masks" when they were made; a bundle is
            refused as stale once these differ.
        mixing_weights: of a mixture, for each prototype how much of its class it stands for; they
            sum to 1 in each class. None for all other kinds.
    """

    prototypes: Tensor
    sources: tuple[tuple[PrototypeSource, ...], ...]
    kind: MadeBy
    made_with: dict[str, str]
    mixing_weights: tuple[float, ...] | None = None

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
    afresh: bool = False,
) -> PrototypeUpdate:
    """Prototypes learned from the images of their own class; the model is left as it was.

    Args:
        model: run in eval mode, so that batch statistics neither count nor change.
        batches: every training image once; read once, in one go.
        kind: "top_m_mean": mean of the M nearest same-class vectors. "weighted": of the same M,
            weighted by exp(similarity / 0.1). "kmeans": the class's images are divided among
            its prototypes, Lloyd's way, from the present prototypes on; memory grows with the
            number of images (images × prototypes of a class × D). "mixture": EM from the present
            prototypes on, with as much memory; see :mod:`dprotonet.prototypes.mixture`. Its sources
            are the images that a prototype is more responsible for than any other of its class.
            "nearest": the one nearest.
            "ema": each image moves its most similar own-class prototype towards itself by a
            hundredth, one after the other; the result depends on the order in which they come,
            and a prototype that no image comes to stays as it was.
        m: M, the number of images a prototype is made from; fewer where the class has fewer.
        device: where to run; None for where the model is. The model is moved there.
        images_per_pass: see the module's guarantee.
        afresh: begin a mixture with images that stand for their class, instead of with the present
            prototypes; other kinds ignore it.

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
    mixing_weights = None
    if kind == "kmeans":
        prototypes, sources = _by_kmeans(model, blocks)
    elif kind == "mixture":
        prototypes, sources, mixing_weights = _by_mixture(model, blocks, afresh)
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
        mixing_weights,
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


def _by_class(
    model: DProtoNet, blocks: Iterable[PooledVectors]
) -> Iterator[tuple[np.ndarray, PooledVectors]]:
    """For each class the rows of its J prototypes, and its images in the order of their ids, with
    the vectors ``(N, J, D)`` that those prototypes' masks pooled."""
    owner = np.array(model.options.prototype_classes)
    by_class: list[list[PooledVectors]] = [[] for _ in model.options.classes]
    for block in blocks:
        for k, own_blocks in enumerate(by_class):
            rows = owned(block.labels, np.array([k]))[:, 0]
            own = block.vectors[rows][:, owner == k]
            own_blocks.append(PooledVectors(own, *(values[rows] for values in block[1:])))
    _check_every_class(model, [any(len(b.labels) for b in by_class[k]) for k in owner])
    for k, own_blocks in enumerate(by_class):
        whole = PooledVectors(*(np.concatenate(values) for values in zip(*own_blocks, strict=True)))
        order = np.argsort(whole.sample_ids)
        yield np.flatnonzero(owner == k), PooledVectors(*(values[order] for values in whole))


def _by_kmeans(
    model: DProtoNet, blocks: Iterable[PooledVectors]
) -> tuple[np.ndarray, tuple[tuple[PrototypeSource, ...], ...]]:
    prototypes = model.prototypes.detach().cpu().double().numpy()
    sources: list[tuple[PrototypeSource, ...]] = []
    for rows, images in _by_class(model, blocks):
        clusters = class_kmeans(images.vectors, prototypes[rows], model.options.similarity)
        prototypes[rows] = clusters.centres
        for j, members in enumerate(clusters.members):
            weights = np.full(len(members), 1.0 / len(members))
            sources.append(_members(images, members, weights, clusters.similarities[:, j]))
    return prototypes, tuple(sources)


def _by_mixture(
    model: DProtoNet, blocks: Iterable[PooledVectors], afresh: bool
) -> tuple[np.ndarray, tuple[tuple[PrototypeSource, ...], ...], tuple[float, ...]]:
    prototypes = model.prototypes.detach().cpu().double().numpy()
    sources: list[tuple[PrototypeSource, ...]] = []
    mixing_weights: list[float] = []
    for rows, images in _by_class(model, blocks):
        start = None if afresh else prototypes[rows]
        mixture = class_mixture(images.vectors, start, model.options.similarity)
        prototypes[rows] = mixture.means
        mixing_weights.extend(mixture.weights.tolist())
        most = mixture.responsibilities.argmax(axis=1)
        for j, column in enumerate(mixture.responsibilities.T):
            own = np.flatnonzero(most == j)
            members = own if len(own) else np.array([column.argmax()])
            # Rounded, so that of images with nearly the same weight the most similar comes first.
            weights = np.maximum(column[members].round(3), 0.001)
            closeness = mixture.similarities[:, j]
            sources.append(_members(images, members, weights / weights.sum(), closeness))
    return prototypes, tuple(sources), tuple(mixing_weights)


def _members(
    images: PooledVectors, members: Iterable[int], weights: np.ndarray, similarities: np.ndarray
) -> tuple[PrototypeSource, ...]:
    """The sources of one prototype, heaviest first, then most similar first.

    Args:
        members: rows of the images that it was made from.
        weights: of those, summing to 1.
        similarities: ``(N,)`` of all images to it.
    """
    ids, hashes = images.sample_ids, images.image_sha256s
    rows = zip(members, weights, strict=True)
    ordered = sorted(rows, key=lambda row: (-row[1], -similarities[row[0]], ids[row[0]]))
    return tuple(
        PrototypeSource(ids[i], hashes[i], float(weight), float(similarities[i]))
        for i, weight in ordered
    )


def _check_every_class(model: DProtoNet, has_images: Sequence[bool]) -> None:
    """``has_images``: for each of the P prototypes, whether its class had any."""
    for k, present in zip(model.options.prototype_classes, has_images, strict=True):
        if not present:
            raise ReadableError(
                f"No training image of class {model.options.classes[k]!r} was given, so it can "
                "have no prototypes. Add images of it, or leave the class out."
            )
