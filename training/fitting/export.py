"""A fitted network to a bundle: prototype statistics, gallery, card."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dprotonet.attributes.table import Row
from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.sources.nearest import NearestPictures
from dprotonet.bundle.writer import MOST_LISTED, save_bundle
from dprotonet.editing.objective import responses_around
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.concepts.finished import ConceptModel
from dprotonet.modeling.concepts.model import ConceptNet
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.reasons.network import ReasonsNetwork
from dprotonet.prototypes.activation_stats import ActivationStatistics, activation_statistics
from dprotonet.prototypes.own_map import OwnMap
from dprotonet.prototypes.responses import Responses
from dprotonet.prototypes.update import PrototypeUpdate
from training.data.inputs import images_a_pass
from training.evaluation.evaluate import evaluate_samples
from training.evaluation.prototypes.probing import probe_prototypes
from training.evaluation.report import paired_difference, report
from training.fitting.best_epoch import best_epoch
from training.fitting.concepts import bundling as concept_bundling
from training.fitting.context import SplitRows, TrainingContext, balance, prototype_batches
from training.fitting.fit import FittedNetwork
from training.fitting.protopnet.nearest_patches import (
    compares_patches,
    nearest_patches,
    with_pictures,
)
from training.fitting.support import fit_for_bundle
from training.io import png
from training.recipe import weights_name

_log = logging.getLogger(__name__)
_PROBED = 60  # test images that say for the card where prototypes look, and what moves them
_PACKAGES = ("torch", "torchvision", "monai", "pytorch-ignite")


@dataclass(frozen=True)
class GalleryOptions:
    """What the gallery holds.

    Attributes:
        sources: heaviest source images of a prototype that get a heatmap.
        pictures: whether the images themselves go into the bundle.
        tier: of the MDM decoder.
        patches: whether the nearest training patches are kept, of a network that compares patches.
    """

    sources: int = 3
    pictures: bool = False
    tier: str = "draft"
    patches: bool = True


def write_bundle(
    context: TrainingContext,
    rows: SplitRows,
    fitted: FittedNetwork,
    black: FittedNetwork | None,
    folder: Path,
    options: GalleryOptions,
    *,
    hardware: str = "",
    responses: Responses | None = None,
    changes: tuple[Change, ...] = (),
) -> Bundle:
    """Write the bundle, evaluate it on the test images as it is on disk, complete its card.

    Args:
        responses: None for those of the fitted network, around its last layer.
        changes: how the network came from another bundle, oldest first.
    """
    concepts = None
    if isinstance(fitted.network, ConceptNet):
        concepts = concept_bundling.finish(context, rows, fitted)
        fitted, update, statistics = concepts.fitted, concepts.update, concepts.statistics
    else:
        update, statistics = _prototypes(context, rows, fitted)
    model = fitted.network
    assert isinstance(model, DProtoNet | ConceptModel)
    bundle = save_bundle(
        folder,
        BundleParts(
            name=context.recipe.name,
            model=model.cpu(),
            preprocessing=context.preprocessing,
            update=update,
            statistics=statistics,
            card=_card(context, rows, fitted, {}),
            negative_class=context.dataset.negative_class,
            temperature=fitted.temperature,
            threshold=fitted.threshold,
            thresholds=fitted.thresholds,
            offsets=fitted.offsets,
            gallery=tuple(_gallery(context, model, update, options)),
            half_precision=context.recipe.half_precision,
            responses=responses or kept_responses(context, rows, fitted),
            nearest=_nearest(context, rows, fitted, options),
            changes=changes,
            support=fit_for_bundle(context, rows, model),
            rows=context.dataset.rows,
            source_rows=_source_rows(context, fitted) if options.pictures else None,
        ),
    )
    test = [context.images.samples[i] for i in rows.test.tolist()]
    metrics = evaluate_samples(
        bundle, test, "test", resamples=context.recipe.resamples, device=context.device
    )
    if concepts is not None:
        metrics["concepts"] = concepts.figures
    else:
        metrics["prototype_looks"] = probe_prototypes(
            Predictor(bundle, context.device, gate=False),
            test,
            _PROBED,
            resamples=context.recipe.resamples,
        )
    if black is not None:
        scored = black.predictions(context, rows.test)
        metrics["black_box"] = report(scored, resamples=context.recipe.resamples, curves=False)
        metrics["auroc_minus_black_box"] = paired_difference(
            fitted.predictions(context, rows.test), scored, resamples=context.recipe.resamples
        )
    card = _card(context, rows, fitted, metrics)
    return bundle.amend(card=replace(card, training={**card.training, "hardware": hardware}))


def _prototypes(
    context: TrainingContext, rows: SplitRows, fitted: FittedNetwork
) -> tuple[PrototypeUpdate, ActivationStatistics]:
    """Where a network's prototypes come from, and how they respond to the training images."""
    model, update = fitted.network, fitted.update
    assert isinstance(model, DProtoNet)
    assert update is not None
    statistics = activation_statistics(
        model.cpu(),
        prototype_batches(context, rows.train, context.live),
        images_per_pass=context.per_pass,
    )
    return update, statistics


def kept_responses(
    context: TrainingContext, rows: SplitRows, fitted: FittedNetwork
) -> Responses | None:
    """What the last layer can be fitted on again; None without images of training or validation."""
    model, similarities = fitted.network, fitted.similarities
    if similarities is None or not len(rows.validation) or not len(rows.train):
        return None
    assert isinstance(model, ReasonsNetwork)
    at = torch.cat([rows.train, rows.validation])
    weights = balance(context, rows)
    return responses_around(
        model.head.weight.detach().cpu().double().numpy(),
        float(model.log_scale.detach().exp()),
        similarities=similarities[at].numpy(),
        labels=context.images.labels[at].numpy(),
        validation=np.arange(len(at)) >= len(rows.train),
        patients=context.images.patients[at.numpy()].tolist(),
        class_weights=None if weights is None else weights.cpu().double().numpy(),
        label_smoothing=context.recipe.label_smoothing,
        nonnegative=context.recipe.head_nonnegative,
    )


def _card(
    context: TrainingContext, rows: SplitRows, fitted: FittedNetwork, metrics: dict[str, Any]
) -> ModelCard:
    text, dataset = context.recipe.card, context.dataset
    training = {
        "recipe": context.recipe.to_json() | {"weights": weights_name(context.recipe)},
        "films": {"train": len(rows.train), "validation": len(rows.validation)}
        | {"test": len(rows.test)}
        | ({"left_out": len(context.images.left_out)} if context.images.left_out else {}),
        "chosen_on_validation": {
            "epoch": best_epoch(fitted.history) if fitted.history else None,
            "temperature": round(fitted.temperature, 4),
            "threshold": fitted.threshold,
            **({"thresholds": fitted.thresholds} if fitted.thresholds else {}),
        },
        **_attention(context, rows),
        "history": fitted.history,
        "pruning": fitted.pruning.to_json() if fitted.pruning else None,
        "minutes": round(fitted.seconds / 60, 1),
        "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }
    return ModelCard(
        title=text.title,
        summary=text.summary,
        intended_use=text.intended_use,
        data=text.data,
        limits=text.limits,
        licence=text.licence or dataset.licence,
        note_on_classes=text.note_on_classes or dataset.note,
        metrics=metrics,
        training=training,
        scope=text.scope,
    )


def _attention(context: TrainingContext, rows: SplitRows) -> dict[str, Any]:
    """What boxes and masks of the training images were used for, where they were."""
    if context.findings is None:
        return {}
    return {
        "attention": {
            "weight": context.recipe.attention,
            "kind": context.recipe.attention_kind,
            "region": context.recipe.attention_region,
            "with_box_or_mask": round(context.findings.fraction(rows.train), 4),
        }
    }


def _gallery(
    context: TrainingContext,
    model: DProtoNet | ConceptModel,
    update: PrototypeUpdate,
    options: GalleryOptions,
) -> Iterable[GalleryPicture]:
    """Own maps of the sources that the gallery lists, heatmaps (and pictures) of the heaviest."""
    from dprotonet.explain.mdm.mdm import MDM
    from dprotonet.explain.nodes import ConceptNode, PrototypeNode
    from dprotonet.explain.settings import TIERS

    node_of = PrototypeNode if isinstance(model, DProtoNet) else ConceptNode
    settings, size = TIERS[options.tier], context.recipe.image_size
    if size > 224:  # no more memory than at 224: fewer images in a graph, and smaller graphs
        batch = max(2, images_a_pass(size, settings.batch))
        settings = replace(settings, batch=batch, memory_mb=settings.memory_mb // 2)
    mdm = MDM(model, settings)
    row_of = {s.sample_id: i for i, s in enumerate(context.images.samples)}
    for number, (name, sources) in enumerate(zip(model.prototype_ids, update.sources, strict=True)):
        listed = sources[: max(options.sources, MOST_LISTED)]
        rows = torch.tensor([row_of[source.sample_id] for source in listed], dtype=torch.long)
        own_maps = _own_maps(context, model, number, rows)
        for rank, (source, row, own_map) in enumerate(zip(listed, rows, own_maps, strict=True)):
            picture = heatmap = None
            if rank < options.sources:
                x = context.live.clean(row[None])[0]
                explanations = mdm.explain(x, [node_of(number)], seed=0)
                heatmap = png(_grey(explanations[0].heatmap))
                picture = png(context.images.pixels[row]) if options.pictures else None
            yield GalleryPicture(name, source.sample_id, picture, heatmap, own_map)
        _log.info("gallery: %s", name)


def _source_rows(context: TrainingContext, fitted: FittedNetwork) -> dict[str, Row] | None:
    """Rows of the sources that the gallery lists; None where images are no rows."""
    if context.dataset.rows is None or fitted.update is None:
        return None
    listed = {s.sample_id for sources in fitted.update.sources for s in sources[:MOST_LISTED]}
    samples = context.images.samples
    return {s.sample_id: s.row for s in samples if s.row is not None and s.sample_id in listed}


def _nearest(
    context: TrainingContext, rows: SplitRows, fitted: FittedNetwork, options: GalleryOptions
) -> NearestPictures | None:
    """The nearest training patches, of a network that compares patches, where they are wanted."""
    model, similarities = fitted.network, fitted.similarities
    if not options.patches or similarities is None:
        return None
    if not isinstance(model, DProtoNet) or not compares_patches(model):
        return None
    model.to(context.device)
    patches = nearest_patches(model, similarities, context, rows)
    model.cpu()
    return with_pictures(patches, context, pictures=options.pictures)


def _own_maps(
    context: TrainingContext, model: DProtoNet | ConceptModel, prototype: int, rows: Tensor
) -> list[OwnMap | None]:
    """A prototype's own map in each of some images."""
    model.eval()
    masks: list[Tensor] = []
    with torch.inference_mode():
        for batch in rows.split(context.per_pass) if len(rows) else ():
            inside = model(context.live.clean(batch)).masks[:, prototype]
            masks.extend(inside.float().unbind())
    return [OwnMap.of(mask.numpy()) for mask in masks]


def _grey(heatmap: np.ndarray) -> Tensor:
    return torch.from_numpy(np.rint(heatmap * 255.0).astype(np.uint8))[None]
