"""Train one network on one split: a network with prototypes, or the black box beside it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.update import PrototypeUpdate
from training.data.inputs import Inputs, KeptInputs, LiveInputs
from training.data.placed_images import PlacedImages
from training.datasets.samples import Dataset
from training.evaluation.scored_predictions import ScoredPredictions
from training.fitting import networks, prototype_stage
from training.fitting.calibration import chances, fit_offsets, fit_temperature, fit_threshold
from training.fitting.context import Rows, Run, balance
from training.fitting.engine import Stage, fit, outputs
from training.fitting.networks import Trainee
from training.fitting.prototype_stage import PruningCost
from training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network with what validation chose.

    Attributes:
        logits: ``(N, K)`` of all images, float64, before the temperature.
        thresholds: of multi-label images, one for each class; None for others.
        offsets: of the same, log-odds that calibration adds.
        update: the prototypes' origin; None for the black box.
        pruning: what it cost; None where nothing was to be pruned.
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

    def judged(self, run: Run, rows: Tensor) -> ScoredPredictions:
        """Some images with the calibrated probabilities."""
        images, at = run.images, rows.numpy()
        added = np.array(list(self.offsets.values())) if self.offsets else 0.0
        return ScoredPredictions(
            run.dataset.classes,
            run.dataset.negative_class,
            chances(self.logits[at], images.labels.numpy()[at], self.temperature, added),
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
) -> Run:
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
        inputs = KeptInputs(live, front, len(images), recipe.variants, keep=keep)
    cut = cut and recipe.variants > 0
    return Run(recipe, dataset, images, preprocessing, live, inputs, out, device, resume, cut)


def fit_network(run: Run, rows: Rows, *, out: Path | None) -> Fitted:
    """The network that the recipe asks for."""
    make = fit_black_box if run.recipe.network == "blackbox" else fit_dprotonet
    return make(run, rows, out=out)


def fit_black_box(run: Run, rows: Rows, *, out: Path | None) -> Fitted:
    """The black box: the same images, weights, phases and epochs."""
    start = time.perf_counter()
    trainee = networks.black_box(run.recipe, run.dataset.classes, balance(run, rows))
    history = _fit_cut(trainee, run, rows, out)
    logits = _logits(trainee.network, run)
    return _fitted(trainee.network, logits, history, run, rows, start)


def fit_dprotonet(run: Run, rows: Rows, *, out: Path | None) -> Fitted:
    """Joint training, then the prototype update, then the last layer."""
    start = time.perf_counter()
    trainee = networks.dprotonet(
        run.recipe,
        run.dataset.classes,
        balance(run, rows),
        multi_label=run.dataset.multi_label,
    )
    history = _fit_cut(trainee, run, rows, out)
    model = trainee.network
    assert isinstance(model, DProtoNet)
    model, update, similarities, pruning = prototype_stage.finish(model, run, rows)
    with torch.inference_mode():
        logits = model.contributions(similarities.double()).sum(dim=-1).numpy()
    fitted = _fitted(model, logits, history, run, rows, start)
    return replace(fitted, update=update, pruning=pruning)


def _fit_cut(trainee: Trainee, run: Run, rows: Rows, out: Path | None) -> list[dict[str, Any]]:
    """Train the network, cut behind its frozen blocks where activations were kept there."""
    recipe, network = run.recipe, trainee.network
    whole = cut_network(network, run)
    if prototype_stage.centres(run) and isinstance(network, DProtoNet):
        prototype_stage.centre(network.to(run.device), run, rows)
    stage = Stage(
        run.inputs,
        run.images.labels,
        rows.train,
        rows.validation,
        out,
        run.device,
        run.resume,
        after_warm_up=lambda: _start_prototypes(network, run, rows),
    )
    history = fit(trainee, stage, recipe)
    if not run.cut:
        # The back blocks are the whole backbone's own modules: they were trained in place.
        network.backbone = whole
    network.to(run.device).to(memory_format=torch.channels_last)
    network.eval()
    return history


def cut_network(network: torch.nn.Module, run: Run) -> torch.nn.Module:
    """Freeze the first blocks, and leave them out where activations were kept behind them.

    Returns:
        The whole backbone, whose own modules the network still holds.
    """
    networks.use_fast_activations(network)
    whole = networks.backbone_of(network)
    networks.front_blocks(whole, run.recipe.frozen_blocks).requires_grad_(False)
    if run.recipe.variants:
        network.backbone = networks.back_blocks(whole, run.recipe.frozen_blocks)
    return whole


def _start_prototypes(network: torch.nn.Module, run: Run, rows: Rows) -> None:
    if isinstance(network, DProtoNet):
        prototype_stage.start(network, run, rows)


def _logits(network: torch.nn.Module, run: Run) -> NDArray[np.float64]:
    """``(N, K)`` of all images through the finished network."""
    everyone = torch.arange(len(run.images))
    return outputs(network, run.final, everyone, networks.logits_of, run.device).double().numpy()


def _fitted(
    network: torch.nn.Module,
    logits: NDArray[np.float64],
    history: list[dict[str, Any]],
    run: Run,
    rows: Rows,
    start: float,
) -> Fitted:
    """Temperature and threshold from the validation images."""
    at = rows.validation.numpy()
    labels = run.images.labels.numpy()[at]
    if run.dataset.multi_label:
        temperature, added = fit_offsets(logits[at], labels)
        said, classes = chances(logits[at], labels, temperature, added), run.dataset.classes
        cuts = [fit_threshold(said[:, k], labels[:, k]) for k in range(len(classes))]
        return Fitted(
            *(network, logits, temperature, None, history, time.perf_counter() - start),
            thresholds=dict(zip(classes, cuts, strict=True)),
            offsets=dict(zip(classes, added.tolist(), strict=True)),
        )
    temperature, threshold = fit_temperature(logits[at], labels), None
    negative = run.dataset.negative_index
    if negative is not None:
        said = chances(logits[at], labels, temperature)
        threshold = fit_threshold(1.0 - said[:, negative], labels != negative)
    seconds = time.perf_counter() - start
    return Fitted(network, logits, temperature, threshold, history, seconds)
