"""Train a DProtoNet and the black box beside it on one split, and write the bundle."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from dprotonet.model import DProtoNet
from dprotonet.preprocessing import Preprocessing
from dprotonet.prototypes import PrototypeBatch, PrototypeUpdate, update_prototypes
from training import networks
from training.calibration import fit_temperature, fit_threshold, softmax
from training.datasets.samples import Dataset
from training.engine import Stage, fit, outputs
from training.films import Films
from training.inputs import Inputs, KeptInputs, LiveInputs, class_weights
from training.networks import Trainee
from training.recipe import Recipe
from training.report import Judged

_log = logging.getLogger(__name__)
PER_PASS = 16  # films that pass together in the prototype update


@dataclass(frozen=True, eq=False)
class Run:
    """What all phases, folds and networks of one command share.

    Attributes:
        live: inputs of all films through the whole network.
        inputs: what training feeds: ``live``, or activations behind the frozen blocks.
    """

    recipe: Recipe
    dataset: Dataset
    films: Films
    preprocessing: Preprocessing
    live: LiveInputs
    inputs: Inputs
    out: Path
    device: str = "cpu"
    resume: bool = False


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of the films in each split, ``(n,)`` int64."""

    train: Tensor
    validation: Tensor
    test: Tensor


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network with what validation chose.

    Attributes:
        logits: ``(N, K)`` of all films, float64, before the temperature.
        update: the prototypes' origin; None for the black box.
    """

    network: torch.nn.Module
    logits: NDArray[np.float64]
    temperature: float
    threshold: float | None
    history: list[dict[str, Any]]
    seconds: float
    update: PrototypeUpdate | None = None

    def judged(self, run: Run, rows: Tensor) -> Judged:
        """Some films with the calibrated probabilities."""
        films, at = run.films, rows.numpy()
        return Judged(
            run.dataset.classes,
            run.dataset.negative_class,
            softmax(self.logits[at], self.temperature),
            films.labels.numpy()[at],
            films.patients[at],
            films.views[at],
            self.threshold,
        )


def prepare(
    recipe: Recipe, dataset: Dataset, films: Films, *, out: Path, device: str, resume: bool
) -> Run:
    """Inputs for every phase; behind frozen blocks they are computed here, once."""
    preprocessing = Preprocessing(size=recipe.image_size)
    live = LiveInputs(films, preprocessing, recipe)
    inputs: Inputs = live
    if recipe.variants:
        backbone = networks.backbone_of(networks.dprotonet(recipe, dataset.classes, None).network)
        networks.use_fast_activations(backbone)
        front = networks.front_blocks(backbone, recipe.frozen_blocks)
        inputs = KeptInputs(live, front, len(films), recipe.variants)
    return Run(recipe, dataset, films, preprocessing, live, inputs, out, device, resume)


def fit_black_box(run: Run, rows: Rows, *, out: Path | None) -> Fitted:
    """The black box: the same films, weights, phases and epochs."""
    start = time.perf_counter()
    trainee = networks.black_box(run.recipe, run.dataset.classes, _balance(run, rows))
    history = _fit_cut(trainee, run, rows, out)
    logits = _logits(trainee.network, run)
    return _fitted(trainee.network, logits, history, run, rows, start)


def fit_dprotonet(run: Run, rows: Rows, *, out: Path | None) -> Fitted:
    """Joint training, then the multi-image prototype update, then the last layer."""
    start = time.perf_counter()
    trainee = networks.dprotonet(run.recipe, run.dataset.classes, _balance(run, rows))
    history = _fit_cut(trainee, run, rows, out)
    model = trainee.network
    assert isinstance(model, DProtoNet)
    update = update_prototypes(
        model,
        prototype_batches(run, rows.train, run.live),
        kind=run.recipe.update,
        m=run.recipe.update_images,
        device=run.device,
        images_per_pass=PER_PASS,
    )
    update.apply_to(model)
    similarities = outputs(
        model, run.live, torch.arange(len(run.films)), lambda o: o.similarities, run.device
    )
    if run.recipe.head_steps:
        _fit_head(model, similarities, run, rows)
    with torch.inference_mode():
        logits = model.cpu().contributions(similarities.double()).sum(dim=-1).numpy()
    return replace(_fitted(model, logits, history, run, rows, start), update=update)


def prototype_batches(run: Run, rows: Tensor, inputs: Inputs) -> Iterator[PrototypeBatch]:
    """Training films as the prototype update takes them, without augmentation."""
    for batch in rows.split(PER_PASS):
        at = batch.tolist()
        yield PrototypeBatch(
            inputs.clean(batch),
            run.films.labels[batch],
            [run.films.samples[i].sample_id for i in at],
            [run.films.sha256s[i] for i in at],
        )


def _balance(run: Run, rows: Rows) -> Tensor | None:
    if not run.recipe.class_balance:
        return None
    return class_weights(run.films.labels[rows.train], len(run.dataset.classes)).to(run.device)


def _fit_cut(trainee: Trainee, run: Run, rows: Rows, out: Path | None) -> list[dict[str, Any]]:
    """Train the network, cut behind its frozen blocks where activations were kept there."""
    recipe, network = run.recipe, trainee.network
    networks.use_fast_activations(network)
    whole = networks.backbone_of(network)
    frozen = networks.front_blocks(whole, recipe.frozen_blocks)
    frozen.requires_grad_(False)
    if recipe.variants:
        network.backbone = networks.back_blocks(whole, recipe.frozen_blocks)
    stage = Stage(
        run.inputs,
        run.films.labels,
        rows.train,
        rows.validation,
        out,
        run.device,
        run.resume,
        after_warm_up=lambda: _start_prototypes(network, run, rows),
    )
    history = fit(trainee, stage, recipe)
    # The back blocks are the whole backbone's own modules: they were trained in place.
    network.backbone = whole
    network.to(run.device).to(memory_format=torch.channels_last)
    network.eval()
    return history


def _start_prototypes(network: torch.nn.Module, run: Run, rows: Rows) -> None:
    """Share each class's films out among its prototypes before the backbone begins to move."""
    if run.recipe.start != "kmeans" or not isinstance(network, DProtoNet):
        return
    batches = prototype_batches(run, rows.train, run.inputs)
    update_prototypes(
        network, batches, kind="kmeans", device=run.device, images_per_pass=PER_PASS
    ).apply_to(network)


def _logits(network: torch.nn.Module, run: Run) -> NDArray[np.float64]:
    """``(N, K)`` of all films through the whole network."""
    everyone = torch.arange(len(run.films))
    return outputs(network, run.live, everyone, networks.logits_of, run.device).double().numpy()


def _fit_head(model: DProtoNet, similarities: Tensor, run: Run, rows: Rows) -> None:
    """The last layer alone, on similarities ``(N, P)`` that no longer change."""
    model.cpu()
    weight = model.head.weight
    start = weight.detach().clone()
    x, y = similarities[rows.train], run.films.labels[rows.train]
    balance = _balance(run, rows)
    own = functional.one_hot(model.prototype_class, len(run.dataset.classes)).T.bool()
    weight.requires_grad_(True)
    optimizer = torch.optim.Adam([weight], lr=run.recipe.head_lr)
    for _ in range(run.recipe.head_steps):
        optimizer.zero_grad()
        logits = model.contributions(x).sum(dim=-1)
        loss = functional.cross_entropy(
            logits,
            y,
            weight=balance.cpu() if balance is not None else None,
            label_smoothing=run.recipe.label_smoothing,
        )
        # L1 on foreign weights as in the joint phase, and a pull to where that phase left them.
        loss = (
            loss + run.recipe.l1 * weight[~own].abs().sum() + 1e-2 * (weight - start).pow(2).sum()
        )
        loss.backward()
        optimizer.step()


def _fitted(
    network: torch.nn.Module,
    logits: NDArray[np.float64],
    history: list[dict[str, Any]],
    run: Run,
    rows: Rows,
    start: float,
) -> Fitted:
    """Temperature and threshold from the validation films."""
    at = rows.validation.numpy()
    labels = run.films.labels.numpy()[at]
    temperature = fit_temperature(logits[at], labels)
    threshold = None
    negative = run.dataset.negative_index
    if negative is not None:
        threshold = fit_threshold(
            1.0 - softmax(logits[at], temperature)[:, negative], labels != negative
        )
    seconds = time.perf_counter() - start
    return Fitted(network, logits, temperature, threshold, history, seconds)


def write_json(path: Path, values: Any) -> None:
    """Indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
