"""One training phase: MONAI's trainer, validated, logged and checkpointed by its handlers.

A run that is resumed from its checkpoint gives the same weights, bit for bit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ignite.handlers import Checkpoint
from monai.engines import SupervisedTrainer
from monai.handlers import LrScheduleHandler
from torch import Tensor, nn

from dprotonet.errors import ReadableError
from training.data.finding_masks import FindingMasks, Targets
from training.data.inputs import EpochBatches, Inputs
from training.distributed import averaged
from training.fitting import handlers
from training.fitting.best_epoch import BestEpoch, is_over
from training.fitting.networks import Trainee, backbone_of
from training.fitting.optimisers import Plateau, optimiser, schedule
from training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Stage:
    """What a phase trains on, and where it writes.

    Attributes:
        inputs: of all images.
        labels: ``(N,)`` of all images.
        train: ``(n,)`` rows to train on.
        validation: rows to validate every epoch on.
        out: folder for checkpoint and TensorBoard scalars, or None for neither.
        stop_after: epochs after which to stop as if the run had been killed, for tests.
        after_warm_up: called once, between the warm epochs and the joint ones.
        findings: where the findings lie, for a loss that asks for it.
        estimate: puts prototypes into the network, after every ``update_every`` joint epochs.
        project: puts updated prototypes into the network, after every ``project_every`` joint
            epochs and the last one; None where there are no prototypes.
        beside: adds what else happens beside the steps to the trainer; returns what a checkpoint
            keeps of it.
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
    findings: FindingMasks | None = None
    estimate: Callable[[], None] | None = None
    project: Callable[[], None] | None = None
    beside: Callable[[SupervisedTrainer], Mapping[str, Any]] | None = None


class _NetworkInTraining(nn.Module):
    """The network as the trainer runs it.

    The backbone's batch statistics are frozen or not, and it computes in bfloat16 where the recipe
    says so. bfloat16 needs no scaling of the loss; losses are in 32 bit.
    """

    def __init__(self, network: nn.Module, frozen: bool, bfloat16: bool) -> None:
        super().__init__()
        self.network, self._frozen, self._bfloat16 = network, frozen, bfloat16

    def forward(self, x: Tensor) -> Any:
        if not self._bfloat16:
            return self.network(x)
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            output = self.network(x)
        if isinstance(output, tuple):
            return type(output)(*(tensor.float() for tensor in output))
        return output.float()

    def train(self, mode: bool = True) -> _NetworkInTraining:
        super().train(mode)
        if self._frozen:
            backbone_of(self.network).eval()
        return self


def fit(trainee: Trainee, stage: Stage, recipe: Recipe) -> list[dict[str, Any]]:
    """Train, and leave the network with the weights of its best epoch on validation.

    Returns:
        One record for each epoch: loss, and AUROC and log-loss on validation.
    """
    _check_precision(recipe, stage.device)
    batches = EpochBatches(
        stage.inputs,
        stage.labels,
        stage.train,
        recipe.batch_size,
        recipe.seed,
        balanced=recipe.sampler == "balanced",
        findings=stage.findings,
    )
    optimizer, plateau = optimiser(trainee.network, recipe), Plateau()
    rates = schedule(optimizer, recipe, len(batches), plateau)
    trainer = make_trainer(trainee, batches, optimizer, rates, stage, recipe)
    handlers.hold_prototypes(trainer, trainee.network, recipe)
    best, validated = BestEpoch(), handlers.running_mean(trainer, trainee.network, recipe)
    state = {  # the keys of the checkpoint; "judged" has its name from earlier versions
        "trainer": trainer,
        "network": trainee.network,
        "optimizer": optimizer,
        "schedule": rates,
        "plateau": plateau,
        "best": best,
        "judged": validated,
    }
    if trainer.scaler is not None:
        state["scaler"] = trainer.scaler
    if stage.beside is not None:
        state |= stage.beside(trainer)
    handlers.seed_every_epoch(trainer, recipe)
    handlers.start_prototypes_once(trainer, stage, recipe)
    handlers.estimate_prototypes_between_epochs(trainer, trainee.network, stage, recipe)
    handlers.project_prototypes_between_epochs(trainer, trainee.network, stage, recipe)
    handlers.validate_every_epoch(trainer, validated, stage, best)
    handlers.follow_validation(trainer, best, plateau, recipe)
    handlers.log_every_epoch(trainer, stage)
    handlers.keep_checkpoints(trainer, state, stage)
    handlers.show_progress(trainer)
    checkpoint = stage.out / handlers.CHECKPOINT if stage.out else None
    if stage.resume and checkpoint and checkpoint.is_file():
        Checkpoint.load_objects(
            state, torch.load(checkpoint, map_location=stage.device, weights_only=True)
        )
        batches.epoch = trainer.state.epoch
    if trainer.state.epoch < recipe.epochs and not is_over(best.history, recipe):
        trainer.run()
    trainee.network.load_state_dict(best.weights)
    trainee.network.eval()
    return best.history


def make_trainer(
    trainee: Trainee,
    batches: EpochBatches,
    optimizer: torch.optim.Optimizer,
    rates: Any,
    stage: Stage,
    recipe: Recipe,
) -> SupervisedTrainer:
    """MONAI's trainer over the batches, without validation, log and checkpoint."""
    wrapped = _NetworkInTraining(
        trainee.network, recipe.batch_norm == "frozen", recipe.amp == "bfloat16"
    )
    network = averaged(wrapped.to(stage.device).to(memory_format=torch.channels_last))
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
        amp=recipe.amp == "float16",
        amp_kwargs={"dtype": torch.float16},
        accumulation_steps=recipe.accumulate,
        train_handlers=[LrScheduleHandler(rates, print_lr=False, epoch_level=False)],
    )
    trainer.logger.setLevel(logging.WARNING)
    return trainer


def _to_device(
    batch: tuple[Tensor, Tensor | Targets], device: Any, non_blocking: bool = False, **_: Any
) -> tuple[Tensor, Tensor | Targets]:
    return (
        batch[0].to(device, non_blocking=non_blocking),
        batch[1].to(device, non_blocking=non_blocking),
    )


def _check_precision(recipe: Recipe, device: str) -> None:
    """Refuse a precision that the device does not have, or in which it is slower than in 32 bit."""
    kind = torch.device(device).type
    if recipe.amp == "float16" and kind != "cuda":
        raise ReadableError(
            "float16 is for a GPU. Give --set amp=bfloat16, or --set amp=none, on this device."
        )
    if recipe.amp == "bfloat16" and kind == "cuda" and not torch.cuda.is_bf16_supported():
        raise ReadableError("This GPU has no bfloat16. Give --set amp=float16.")
