"""One training phase: MONAI's trainer with handlers for judging, logging and exact resume."""

from __future__ import annotations

import copy
import logging
import sys
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

from dprotonet.errors import ReadableError
from dprotonet.modeling.model import Inference
from training.data.inputs import EpochBatches, Inputs, derived_seed
from training.evaluation.metrics import auroc
from training.fitting.best_epoch import Best, is_over
from training.fitting.calibration import class_probabilities, log_loss
from training.fitting.distributed import averaged, is_main
from training.fitting.networks import Trainee, backbone_of, logits_of
from training.fitting.optimisers import Plateau, optimiser, schedule
from training.recipe import Recipe

_log = logging.getLogger(__name__)
_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, eq=False)
class Stage:
    """What a phase trains on and where it leaves its traces.

    Attributes:
        inputs: of all images.
        labels: ``(N,)`` of all images.
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


class _Mode(nn.Module):
    """The network as the trainer sees it: with the backbone's batch statistics frozen or not, and
    under bfloat16 where the recipe says so, which needs no scaling; losses are in 32 bit."""

    def __init__(self, network: nn.Module, frozen: bool, bfloat16: bool) -> None:
        super().__init__()
        self.network, self._frozen, self._bfloat16 = network, frozen, bfloat16

    def forward(self, x: Tensor) -> Any:
        if not self._bfloat16:
            return self.network(x)
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            found = self.network(x)
        return Inference(*(t.float() for t in found)) if isinstance(found, tuple) else found.float()

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
    _check_precision(recipe, stage.device)
    batches = EpochBatches(
        stage.inputs,
        stage.labels,
        stage.train,
        recipe.batch_size,
        recipe.seed,
        balanced=recipe.sampler == "balanced",
    )
    optimizer, plateau = optimiser(trainee.network, recipe), Plateau()
    rates = schedule(optimizer, recipe, len(batches), plateau)
    trainer = make_trainer(trainee, batches, optimizer, rates, stage, recipe)
    best, judged = Best(), _running_mean(trainer, trainee.network, recipe)
    saved = {
        "trainer": trainer,
        "network": trainee.network,
        "optimizer": optimizer,
        "schedule": rates,
        "plateau": plateau,
        "best": best,
        "judged": judged,
    }
    if trainer.scaler is not None:
        saved["scaler"] = trainer.scaler
    _seed_every_epoch(trainer, recipe)
    _start_prototypes_once(trainer, stage, recipe)
    _judge_every_epoch(trainer, judged, stage, best)
    _heed_validation(trainer, best, plateau, recipe)
    _log_every_epoch(trainer, stage)
    _keep_checkpoints(trainer, saved, stage)
    _show_progress(trainer)
    if stage.resume and stage.out and (stage.out / _CHECKPOINT).is_file():
        Checkpoint.load_objects(
            saved, torch.load(stage.out / _CHECKPOINT, map_location=stage.device, weights_only=True)
        )
        batches.epoch = trainer.state.epoch
    if trainer.state.epoch < recipe.epochs and not is_over(best.history, recipe):
        trainer.run()
    trainee.network.load_state_dict(best.weights)
    trainee.network.eval()
    return best.history


def outputs(
    network: nn.Module, inputs: Inputs, rows: Tensor, read: Callable[[Any], Tensor], device: str
) -> Tensor:
    """``read`` of the network's output on the images as they are, ``(n, …)`` on the CPU."""
    network.eval()
    with torch.inference_mode():
        parts = [
            read(network(inputs.clean(batch).to(device))).float().cpu() for batch in rows.split(32)
        ]
    return torch.cat(parts).clone()


def make_trainer(
    trainee: Trainee,
    batches: EpochBatches,
    optimizer: torch.optim.Optimizer,
    rates: Any,
    stage: Stage,
    recipe: Recipe,
) -> SupervisedTrainer:
    """MONAI's trainer over the batches, without judge, log and checkpoint."""
    mode = _Mode(trainee.network, recipe.batch_norm == "frozen", recipe.amp == "bfloat16")
    network = averaged(mode.to(stage.device).to(memory_format=torch.channels_last))
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
    batch: tuple[Tensor, Tensor], device: Any, non_blocking: bool = False, **_: Any
) -> tuple[Tensor, Tensor]:
    return (
        batch[0].to(device, non_blocking=non_blocking),
        batch[1].to(device, non_blocking=non_blocking),
    )


def _seed_every_epoch(trainer: Engine, recipe: Recipe) -> None:
    @trainer.on(Events.EPOCH_STARTED)
    def seed(engine: Engine) -> None:
        torch.manual_seed(derived_seed("epoch", recipe.seed, engine.state.epoch))


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


def _judge_every_epoch(trainer: Engine, network: nn.Module, stage: Stage, best: Best) -> None:
    truth = stage.labels[stage.validation].numpy()

    @trainer.on(Events.EPOCH_COMPLETED)
    def judge(engine: Engine) -> None:
        logits = outputs(network, stage.inputs, stage.validation, logits_of, stage.device)
        scores = logits.double().numpy()
        loss, area = log_loss(scores, truth), auroc(class_probabilities(scores, truth), truth)
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
        best.observe(network)


def _heed_validation(trainer: Engine, best: Best, plateau: Plateau, recipe: Recipe) -> None:
    """Lower the rates, or stop, when validation no longer gets better."""

    @trainer.on(Events.EPOCH_COMPLETED)
    def heed(engine: Engine) -> None:
        if engine.state.epoch > recipe.warm_epochs:
            plateau.observe(best.history[-1]["log_loss"])
        if is_over(best.history, recipe):
            _log.info("no better validation for %d epochs: stopped", recipe.patience)
            engine.terminate()


def _check_precision(recipe: Recipe, device: str) -> None:
    """Refuse what the device cannot do, or does slower than 32 bit."""
    kind = torch.device(device).type
    if recipe.amp == "float16" and kind != "cuda":
        raise ReadableError(
            "float16 is for a GPU. Give --set amp=bfloat16, or --set amp=none, on this device."
        )
    if recipe.amp == "bfloat16" and kind == "cuda" and not torch.cuda.is_bf16_supported():
        raise ReadableError("This GPU has no bfloat16. Give --set amp=float16.")


def _loss(output: Any) -> Tensor:
    """The last batch's loss in what the trainer keeps of an iteration."""
    return output["loss"].detach()


def _show_progress(trainer: Engine) -> None:
    """A bar on a terminal; a file gets the epochs' lines alone."""
    if sys.stderr.isatty() and is_main():
        from ignite.handlers import ProgressBar

        bar = ProgressBar(desc="epoch")
        bar.attach(trainer, output_transform=lambda output: {"loss": float(_loss(output))})


def _log_every_epoch(trainer: Engine, stage: Stage) -> None:
    if stage.out is None or not is_main():
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
