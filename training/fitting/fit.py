"""Train one network on one split: a network with prototypes, or the black box beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.engines import SupervisedTrainer
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.inference.calibration import calibrate, class_probabilities
from dprotonet.modeling.concepts.model import ConceptNet
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.update import PrototypeUpdate
from training.data.concept_table import concept_table
from training.data.finding_masks import FindingMasks
from training.data.inputs import CachedInputs, Inputs, LiveInputs
from training.data.placed_images import PlacedImages
from training.datasets.samples import Dataset
from training.evaluation.scored_predictions import ScoredPredictions
from training.fitting import networks, prototype_stage
from training.fitting.concepts.axis_turning import AxisTurning
from training.fitting.concepts.settling import settle
from training.fitting.context import SplitRows, TrainingContext, balance
from training.fitting.engine import Stage, fit
from training.fitting.networks import Trainee, outputs
from training.fitting.prototype_stage import PruningCost
from training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained network, and what was chosen on validation.

    Attributes:
        logits: ``(N, K)`` of all images, float64, before the temperature.
        thresholds: by class, for multi-label images; None for others.
        offsets: by class, for the same: log-odds that calibration adds.
        similarities: ``(N, P)`` of all images; None for the black box.
        update: where the prototypes come from; None for the black box.
        pruning: its cost; None where the recipe does not prune.
    """

    network: torch.nn.Module
    logits: NDArray[np.float64]
    temperature: float
    threshold: float | None
    history: list[dict[str, Any]]
    seconds: float
    update: PrototypeUpdate | None = None
    pruning: PruningCost | None = None
    thresholds: dict[str, float] | None = None
    offsets: dict[str, float] | None = None
    similarities: Tensor | None = None

    def predictions(self, context: TrainingContext, rows: Tensor) -> ScoredPredictions:
        """Some images with the calibrated probabilities."""
        images, at = context.images, rows.numpy()
        offsets = np.array(list(self.offsets.values())) if self.offsets else 0.0
        return ScoredPredictions(
            context.dataset.classes,
            context.dataset.negative_class,
            class_probabilities(
                self.logits[at], images.labels.numpy()[at], self.temperature, offsets
            ),
            images.labels.numpy()[at],
            images.patients[at],
            images.views[at],
            self.threshold,
            sexes=images.sexes[at],
            ages=images.ages[at],
            thresholds=self.thresholds,
        )


def prepare(
    recipe: Recipe,
    dataset: Dataset,
    images: PlacedImages,
    *,
    out: Path,
    device: str,
    resume: bool,
    cut: bool = False,
    keep: Path | None = None,
) -> TrainingContext:
    """Inputs for every phase; behind frozen blocks they are computed here, once.

    Args:
        keep: a .safetensors file in which those outlive the run, or None.
    """
    preprocessing = Preprocessing(size=recipe.image_size)
    live = LiveInputs(images, preprocessing, recipe)
    inputs: Inputs = live
    if recipe.variants:
        backbone = networks.backbone_of(networks.dprotonet(recipe, dataset.classes, None).network)
        networks.use_fast_activations(backbone)
        front = networks.front_blocks(backbone, recipe.frozen_blocks)
        inputs = CachedInputs(live, front, len(images), recipe.variants, keep=keep)
    cut = cut and recipe.variants > 0
    attentive = recipe.attention > 0 and recipe.network == "prototypes"
    findings = FindingMasks(images, dataset, recipe) if attentive else None
    return TrainingContext(
        recipe, dataset, images, preprocessing, live, inputs, out, device, resume, cut, findings
    )


def fit_network(context: TrainingContext, rows: SplitRows, *, out: Path | None) -> FittedNetwork:
    """The network that the recipe asks for."""
    makers = {"blackbox": fit_black_box, "concepts": fit_concept_net, "prototypes": fit_dprotonet}
    return makers[context.recipe.network](context, rows, out=out)


def fit_black_box(context: TrainingContext, rows: SplitRows, *, out: Path | None) -> FittedNetwork:
    """The black box: the same images, weights, phases and epochs."""
    start = time.perf_counter()
    trainee = networks.black_box(context.recipe, context.dataset.classes, balance(context, rows))
    history = _fit_cut(trainee, context, rows, out)
    logits = _logits(trainee.network, context)
    return _fitted(trainee.network, logits, history, context, rows, start)


def fit_concept_net(
    context: TrainingContext, rows: SplitRows, *, out: Path | None
) -> FittedNetwork:
    """The concept network: the same phases, and a turn of its axes every few batches.

    Raises:
        ReadableError: the data set has no such concepts, or too few images of one.
    """
    start, dataset = time.perf_counter(), context.dataset
    table = concept_table(context.images.samples, context.recipe, rows.train)
    trainee = networks.concept_net(
        context.recipe,
        dataset.classes,
        table.names,
        balance(context, rows),
        multi_label=dataset.multi_label,
    )
    model = trainee.network
    assert isinstance(model, ConceptNet)
    turning = AxisTurning(model, context, table, rows.train)
    history = _fit_cut(trainee, context, rows, out, beside=turning.attach)
    if context.recipe.settle != "none":
        settle(model, context, table, rows)
    return _fitted(model, _logits(model, context), history, context, rows, start)


def fit_dprotonet(context: TrainingContext, rows: SplitRows, *, out: Path | None) -> FittedNetwork:
    """Joint training, then the prototype update, then the last layer."""
    start = time.perf_counter()
    trainee = networks.dprotonet(
        context.recipe,
        context.dataset.classes,
        balance(context, rows),
        multi_label=context.dataset.multi_label,
    )
    history = _fit_cut(trainee, context, rows, out)
    model = trainee.network
    assert isinstance(model, DProtoNet)
    model, update, similarities, pruning = prototype_stage.finish(model, context, rows)
    with torch.inference_mode():
        logits = model.contributions(similarities.double()).sum(dim=-1).numpy()
    fitted = _fitted(model, logits, history, context, rows, start)
    return replace(fitted, update=update, pruning=pruning, similarities=similarities)


def _fit_cut(
    trainee: Trainee,
    context: TrainingContext,
    rows: SplitRows,
    out: Path | None,
    *,
    beside: Callable[[SupervisedTrainer], Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Train the network, cut behind its frozen blocks where activations were kept there."""
    recipe, network = context.recipe, trainee.network
    whole = cut_network(network, context)
    if prototype_stage.centres(context) and isinstance(network, DProtoNet):
        prototype_stage.centre(network.to(context.device), context, rows)
    stage = Stage(
        context.inputs,
        context.images.labels,
        rows.train,
        rows.validation,
        out,
        context.device,
        context.resume,
        after_warm_up=lambda: _start_prototypes(network, context, rows),
        beside=beside,
    )
    if isinstance(network, DProtoNet):
        stage = replace(
            stage,
            findings=context.findings,
            estimate=lambda: prototype_stage.estimate(network, context, rows, "mixture"),
            project=lambda: prototype_stage.estimate(network, context, rows, recipe.update),
        )
    history = fit(trainee, stage, recipe)
    if not context.cut:
        # The back blocks are the whole backbone's own modules: they were trained in place.
        network.backbone = whole
    network.to(context.device).to(memory_format=torch.channels_last)
    network.eval()
    return history


def cut_network(network: torch.nn.Module, context: TrainingContext) -> torch.nn.Module:
    """Freeze the first blocks, and leave them out where activations were kept behind them.

    Returns:
        The whole backbone, whose own modules the network still holds.
    """
    networks.use_fast_activations(network)
    whole = networks.backbone_of(network)
    networks.front_blocks(whole, context.recipe.frozen_blocks).requires_grad_(False)
    if context.recipe.variants:
        network.backbone = networks.back_blocks(whole, context.recipe.frozen_blocks)
    return whole


def _start_prototypes(network: torch.nn.Module, context: TrainingContext, rows: SplitRows) -> None:
    if isinstance(network, DProtoNet):
        prototype_stage.start(network, context, rows)


def _logits(network: torch.nn.Module, context: TrainingContext) -> NDArray[np.float64]:
    """``(N, K)`` of all images through the finished network."""
    everyone = torch.arange(len(context.images))
    return (
        outputs(network, context.final, everyone, networks.logits_of, context.device)
        .double()
        .numpy()
    )


def _fitted(
    network: torch.nn.Module,
    logits: NDArray[np.float64],
    history: list[dict[str, Any]],
    context: TrainingContext,
    rows: SplitRows,
    start: float,
) -> FittedNetwork:
    """Temperature and threshold from the validation images."""
    seconds = time.perf_counter() - start
    return calibrated(FittedNetwork(network, logits, 1.0, None, history, seconds), context, rows)


def calibrated(fitted: FittedNetwork, context: TrainingContext, rows: SplitRows) -> FittedNetwork:
    """The same with temperature, threshold and offsets of its logits on the validation images."""
    at, dataset = rows.validation.numpy(), context.dataset
    chosen = calibrate(
        fitted.logits[at],
        context.images.labels.numpy()[at],
        dataset.classes,
        dataset.negative_class,
    )
    return replace(fitted, **vars(chosen))
