"""The training patches nearest to each prototype, with their boxes: the global analysis of Chen et
al. 2019, section 2.3."""

from __future__ import annotations

import torch
from torch import Tensor

from dprotonet.bundle.sources.nearest import NearestPatch, NearestPictures
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.activation_map import activation_maps, patch_box, upsampled
from dprotonet.prototypes.nearest_patches import NEAREST, nearest_images
from dprotonet.prototypes.own_map import OwnMap
from training.fitting.context import SplitRows, TrainingContext
from training.io import png


def compares_patches(model: DProtoNet) -> bool:
    """Whether an image is as similar to a prototype as its nearest patch is."""
    return model.options.masks == "patch"


def nearest_patches(
    model: DProtoNet,
    similarities: Tensor,
    context: TrainingContext,
    rows: SplitRows,
    *,
    count: int = NEAREST,
) -> tuple[NearestPatch, ...]:
    """The nearest patches of every prototype, one of an image, without pictures.

    Args:
        model: on the context's device.
        similarities: ``(N, P)`` of all images to its prototypes.
        count: patches of each prototype.
    """
    train = rows.train.tolist()
    similar = similarities[rows.train].double().numpy()
    found: list[NearestPatch] = []
    for p, name in enumerate(model.prototype_ids):
        chosen = nearest_images(similar, p, count).tolist()
        at = [train[i] for i in chosen]
        images = context.live.clean(torch.tensor(at)).to(context.device)
        maps = activation_maps(model, images)[:, p]
        for i, row, activation in zip(chosen, at, maps, strict=True):
            found.append(_patch(model, context, name, row, activation, float(similar[i, p])))
    return tuple(found)


def with_pictures(
    patches: tuple[NearestPatch, ...], context: TrainingContext, *, pictures: bool
) -> NearestPictures:
    """The patches with the images that they lie in, where those may be passed on."""
    row_of = {sample.sample_id: row for row, sample in enumerate(context.images.samples)}
    wanted = {patch.sample_id for patch in patches} if pictures else set()
    images = {name: png(context.images.pixels[row_of[name]]) for name in sorted(wanted)}
    return NearestPictures(patches, images)


def _patch(
    model: DProtoNet,
    context: TrainingContext,
    name: str,
    row: int,
    activation: Tensor,
    similarity: float,
) -> NearestPatch:
    images, sample = context.images, context.images.samples[row]
    pixels = upsampled(activation, model.options.image_size)
    return NearestPatch(
        name,
        sample.sample_id,
        images.sha256s[row],
        tuple(model.options.classes[k] for k in sample.classes),
        similarity,
        patch_box(pixels),
        OwnMap.of((activation - activation.min()).numpy()),
    )
