"""One training phase: MONAI's trainer with handlers for judging, logging and exact resume."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint, DiskSaver
from monai.engines import SupervisedTrainer
from monai.handlers import LrScheduleHandler, TensorBoardStatsHandler
from torch import Tensor, nn

from training.inputs import EpochBatches, Inputs, number
from training.metrics import auroc
from training.networks import Trainee, backbone_of, logits_of
from training.recipe import Recipe

_log = logging.getLogger(__name__)
_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, eq=False)
class Stage:
    """What a phase trains on and where it leaves its traces.

    Attributes:
        inputs: of all films.
        labels: ``(N,)`` of all films.
        train: ``(n,)`` rows to train on.
        validation: rows to judge every epoch on.
        out: folder for checkpoint and TensorBoard scalars, or None for neither.
        stop_after: epochs after which to leave as a killed run would, for tests.
        after_warm_up: called once, between the warm epochs and the joint ones.
    """

    inputs: Inputs
    labels: Tensor
    train: Tensor
    validation: Tensor
    out: Path | None = None
    device: str = "cpu"
    resume: bool = False
    stop_after: int | None = None
    after_warm_up: Callable[[], None] | None = None


class _Best:
    """The best epoch so far, kept as a part of the checkpoint."""

    def __init__(self) -> None:
        self.score: tuple[float, float] = (-math.inf, -math.inf)
        self.weights: dict[str, Tensor] = {}
        self.history: list[dict[str, Any]] = []

    def state_dict(self) -> dict[str, Any]:
        return {"score": self.score, "weights": self.weights, "history": self.history}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.score, self.weights = tuple(state["score"]), state["weights"]
        self.history = state["history"]


class _Mode(nn.Module):
    """The network as the trainer sees it: with the backbone's batch statistics frozen or not."""

    def __init__(self, network: nn.Module, frozen: bool) -> None:
        super().__init__()
        self.network, self._frozen = network, frozen

    def forward(self, x: Tensor) -> Any:
        return self.network(x)

    def train(self, mode: bool = True) -> _Mode:
        super().train(mode)
        if self._frozen:
            backbone_of(self.network).eval()
        return self


def fit(trainee: Trainee, stage: Stage, recipe: Recipe) -> list[dict[str, Any]]:
    """Train, and leave the network with the weights of its best epoch on validation.

    Returns:
        One record for each epoch: loss, and AUROC and log-loss on validation.
    """
    batches = EpochBatches(stage.inputs, stage.labels, stage.train, recipe.batch_size, recipe.seed)
    optimizer = _optimizer(trainee.network, recipe)
    schedule = _schedule(optimizer, recipe, len(batches))
    trainer = _trainer(trainee, batches, optimizer, schedule, stage, recipe)
    best, judged = _Best(), _running_mean(trainer, trainee.network, recipe)
    saved = {
        "trainer": trainer,
        "network": trainee.network,
        "optimizer": optimizer,
        "schedule": schedule,
        "best": best,
        "judged": judged,
    }
    if trainer.scaler is not None:
        saved["scaler"] = trainer.scaler
    _seed_every_epoch(trainer, recipe)
    _start_prototypes_once(trainer, stage, recipe)
    _judge_every_epoch(trainer, judged, stage, best)
    _log_every_epoch(trainer, stage)
    _keep_checkpoints(trainer, saved, stage)
    if stage.resume and stage.out and (stage.out / _CHECKPOINT).is_file():
        Checkpoint.load_objects(
            saved, torch.load(stage.out / _CHECKPOINT, map_location=stage.device, weights_only=True)
        )
        batches.epoch = trainer.state.epoch
    if trainer.state.epoch < recipe.epochs:
        trainer.run()
    trainee.network.load_state_dict(best.weights)
    trainee.network.eval()
    return best.history


def outputs(
    network: nn.Module, inputs: Inputs, rows: Tensor, read: Callable[[Any], Tensor], device: str
) -> Tensor:
    """``read`` of the network's output on the films as they are, ``(n, …)`` on the CPU."""
    network.eval()
    with torch.inference_mode():
        parts = [
            read(network(inputs.clean(batch).to(device))).float().cpu() for batch in rows.split(32)
        ]
    return torch.cat(parts).clone()


def _trainer(
    trainee: Trainee,
    batches: EpochBatches,
    optimizer: torch.optim.Optimizer,
    schedule: Any,
    stage: Stage,
    recipe: Recipe,
) -> SupervisedTrainer:
    network = _Mode(trainee.network, recipe.batch_norm == "frozen").to(stage.device)
    network.to(memory_format=torch.channels_last)
    trainer = SupervisedTrainer(
        device=torch.device(stage.device),
        max_epochs=recipe.epochs,
        train_data_loader=batches,
        epoch_length=len(batches),
        network=network,
        optimizer=optimizer,
        loss_function=trainee.loss,
        prepare_batch=_to_device,
        decollate=False,
        amp=torch.device(stage.device).type == "cuda",
        train_handlers=[LrScheduleHandler(schedule, print_lr=False, epoch_level=False)],
    )
    trainer.logger.setLevel(logging.WARNING)
    return trainer


def _to_device(
    batch: tuple[Tensor, Tensor], device: Any, non_blocking: bool = False, **_: Any
) -> tuple[Tensor, Tensor]:
    return (
        batch[0].to(device, non_blocking=non_blocking),
        batch[1].to(device, non_blocking=non_blocking),
    )


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    old = [
        p for n, p in network.named_parameters() if n.startswith("backbone.") and p.requires_grad
    ]
    new = [
        p
        for n, p in network.named_parameters()
        if not n.startswith("backbone.") and p.requires_grad
    ]
    groups = [{"params": old, "lr": recipe.lr_backbone}, {"params": new, "lr": recipe.lr_new}]
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)


def _schedule(optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int) -> Any:
    """A LambdaLR: new layers first, alone, at a constant rate; then all of them down a cosine."""
    warm, whole = recipe.warm_epochs * steps, recipe.epochs * steps

    def cosine(step: int) -> float:
        return 0.5 * (1.0 + math.cos(math.pi * min(1.0, max(0, step - warm) / (whole - warm))))

    def backbone(step: int) -> float:
        return cosine(step) if step >= warm else 0.0

    return torch.optim.lr_scheduler.LambdaLR(optimizer, [backbone, cosine])


def _seed_every_epoch(trainer: Engine, recipe: Recipe) -> None:
    @trainer.on(Events.EPOCH_STARTED)
    def seed(engine: Engine) -> None:
        torch.manual_seed(number("epoch", recipe.seed, engine.state.epoch))


def _start_prototypes_once(trainer: Engine, stage: Stage, recipe: Recipe) -> None:
    if stage.after_warm_up is not None and recipe.warm_epochs:
        start = stage.after_warm_up
        once = Events.EPOCH_COMPLETED(once=recipe.warm_epochs)
        trainer.add_event_handler(once, lambda _: start())


def _running_mean(trainer: Engine, network: nn.Module, recipe: Recipe) -> nn.Module:
    """The network that is judged and kept: itself, or the running mean of its weights."""
    if not recipe.averaging:
        return network
    mean = copy.deepcopy(network)
    for parameter in mean.parameters():
        parameter.requires_grad_(False)

    @trainer.on(Events.ITERATION_COMPLETED)
    def follow(engine: Engine) -> None:
        # The first steps count less, so that the start does not linger.
        decay = min(recipe.averaging, (1 + engine.state.iteration) / (10 + engine.state.iteration))
        with torch.no_grad():
            for kept, now in zip(
                mean.state_dict().values(), network.state_dict().values(), strict=True
            ):
                if kept.dtype.is_floating_point:
                    kept.lerp_(now, 1.0 - decay)
                else:
                    kept.copy_(now)

    return mean


def _judge_every_epoch(trainer: Engine, network: nn.Module, stage: Stage, best: _Best) -> None:
    truth = stage.labels[stage.validation].numpy()

    @trainer.on(Events.EPOCH_COMPLETED)
    def judge(engine: Engine) -> None:
        logits = outputs(network, stage.inputs, stage.validation, logits_of, stage.device)
        probabilities = logits.softmax(dim=1).double().numpy()
        loss = float(nn.functional.cross_entropy(logits, torch.from_numpy(truth)))
        area = auroc(probabilities, truth)
        engine.state.metrics.update(validation_auroc=area, validation_loss=loss)
        train_loss = float(_loss(engine.state.output))
        best.history.append(
            {
                "epoch": engine.state.epoch,
                "loss": train_loss,
                "auroc": None if np.isnan(area) else area,
                "log_loss": loss,
            }
        )
        _log.info(
            "epoch %d: loss %.3f, validation AUROC %.3f, log-loss %.3f",
            *(engine.state.epoch, train_loss, area, loss),
        )
        score = _score(best.history[-1]["auroc"], loss)
        if score > best.score:
            best.score, best.weights = score, _copied(network)


def best_epoch(history: list[dict[str, Any]]) -> int:
    """The epoch whose weights :func:`fit` left in the network."""
    return int(max(history, key=lambda e: _score(e["auroc"], e["log_loss"]))["epoch"])


def _loss(output: Any) -> Tensor:
    """The last batch's loss in what the trainer keeps of an iteration."""
    return output["loss"].detach()


def _score(area: float | None, loss: float) -> tuple[float, float]:
    """By AUROC to three digits, then by log-loss; without AUROC (one class only) by log-loss."""
    return (-1.0 if area is None else round(area, 3), -loss)


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in network.state_dict().items()}


def _log_every_epoch(trainer: Engine, stage: Stage) -> None:
    if stage.out is None:
        return
    TensorBoardStatsHandler(
        log_dir=str(stage.out),
        iteration_log=False,
        output_transform=lambda output: float(_loss(output)),
    ).attach(trainer)


def _keep_checkpoints(trainer: Engine, saved: dict[str, Any], stage: Stage) -> None:
    if stage.out is not None:
        stage.out.mkdir(parents=True, exist_ok=True)
        keeper = Checkpoint(
            saved,
            DiskSaver(str(stage.out), require_empty=False),
            n_saved=1,
            filename_pattern=_CHECKPOINT,
        )
        trainer.add_event_handler(Events.EPOCH_COMPLETED, keeper)
    if stage.stop_after is not None:
        trainer.add_event_handler(
            Events.EPOCH_COMPLETED(once=stage.stop_after), lambda engine: engine.terminate()
        )
