"""What happens beside the steps of training: seeds, validation, rates, checkpoints and logs.

Each function adds its handler to MONAI's trainer; they run in the order in which they were added.
"""

from __future__ import annotations

import copy
import logging
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint, DiskSaver
from monai.handlers import TensorBoardStatsHandler
from torch import Tensor, nn

from dprotonet.inference.calibration import class_probabilities, log_loss
from dprotonet.modeling.model import DProtoNet
from training.data.inputs import derived_seed
from training.distributed import is_main
from training.evaluation.metrics import auroc
from training.fitting.best_epoch import BestEpoch, is_over
from training.fitting.networks import logits_of, outputs
from training.fitting.optimisers import Plateau
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.fitting.engine import Stage

_log = logging.getLogger(__name__)
CHECKPOINT = "checkpoint.pt"


def seed_every_epoch(trainer: Engine, recipe: Recipe) -> None:
    """Seed torch by the epoch, so that a resumed run draws what an uninterrupted one draws."""

    @trainer.on(Events.EPOCH_STARTED)
    def seed(engine: Engine) -> None:
        torch.manual_seed(derived_seed("epoch", recipe.seed, engine.state.epoch))


def start_prototypes_once(trainer: Engine, stage: Stage, recipe: Recipe) -> None:
    """Call ``stage.after_warm_up`` at the end of the warm epochs."""
    if stage.after_warm_up is not None and recipe.warm_epochs:
        start = stage.after_warm_up
        once = Events.EPOCH_COMPLETED(once=recipe.warm_epochs)
        trainer.add_event_handler(once, lambda _: start())


def estimate_prototypes_between_epochs(
    trainer: Engine, network: nn.Module, stage: Stage, recipe: Recipe
) -> None:
    """Call ``stage.estimate`` after every ``update_every`` joint epochs, but not after the last
    one, which the prototype update follows."""
    estimate = stage.estimate
    if not recipe.update_every or estimate is None:
        return

    @trainer.on(Events.EPOCH_COMPLETED)
    def between(engine: Engine) -> None:
        joint = engine.state.epoch - recipe.warm_epochs
        if joint > 0 and joint % recipe.update_every == 0 and engine.state.epoch < recipe.epochs:
            mode = network.training
            estimate()
            network.train(mode)


def project_prototypes_between_epochs(
    trainer: Engine, network: nn.Module, stage: Stage, recipe: Recipe
) -> None:
    """Call ``stage.project`` after every ``project_every`` joint epochs and after the last epoch.

    Every epoch's record says whether the network that was validated has projected prototypes.
    """
    project = stage.project
    if not recipe.project_every or project is None:
        return

    @trainer.on(Events.EPOCH_COMPLETED)
    def between(engine: Engine) -> None:
        joint, last = engine.state.epoch - recipe.warm_epochs, engine.state.epoch == recipe.epochs
        is_due = joint > 0 and (last or joint % recipe.project_every == 0)
        engine.state.projected = is_due  # type: ignore[attr-defined]
        if is_due:
            mode = network.training
            project()
            network.train(mode)


def hold_prototypes(trainer: Engine, network: nn.Module, recipe: Recipe) -> None:
    """Undo what a step did to the prototypes after the warm epochs, where EM estimates them.

    Their gradient is taken all the same, so that several processes and a resumed run need know
    nothing of it.
    """
    if not recipe.update_every or not isinstance(network, DProtoNet):
        return
    held: dict[str, Tensor] = {}

    @trainer.on(Events.EPOCH_STARTED)
    def note(engine: Engine) -> None:
        held.clear()
        if engine.state.epoch > recipe.warm_epochs:
            held["prototypes"] = network.prototypes.detach().clone()

    @trainer.on(Events.ITERATION_COMPLETED)
    def put_back(_: Engine) -> None:
        if held:
            with torch.no_grad():
                network.prototypes.copy_(held["prototypes"])


def running_mean(trainer: Engine, network: nn.Module, recipe: Recipe) -> nn.Module:
    """The network that is validated and kept: itself, or the running mean of its weights."""
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
            for average, current in zip(
                mean.state_dict().values(), network.state_dict().values(), strict=True
            ):
                if average.dtype.is_floating_point:
                    average.lerp_(current, 1.0 - decay)
                else:
                    average.copy_(current)

    return mean


def validate_every_epoch(
    trainer: Engine, network: nn.Module, stage: Stage, best: BestEpoch
) -> None:
    """Score the network on the validation images, and keep the weights of the best epoch."""
    truth = stage.labels[stage.validation].numpy()

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine: Engine) -> None:
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
                **_projected(engine),
            }
        )
        _log.info(
            "epoch %d: loss %.3f, validation AUROC %.3f, log-loss %.3f",
            *(engine.state.epoch, train_loss, area, loss),
        )
        best.observe(network)


def follow_validation(trainer: Engine, best: BestEpoch, plateau: Plateau, recipe: Recipe) -> None:
    """Lower the rates, or stop, when validation no longer gets better."""

    @trainer.on(Events.EPOCH_COMPLETED)
    def follow(engine: Engine) -> None:
        if engine.state.epoch > recipe.warm_epochs:
            plateau.observe(best.history[-1]["log_loss"])
        if is_over(best.history, recipe):
            waited = (
                f"{recipe.project_patience} projections"
                if recipe.project_every
                else (f"{recipe.patience} epochs")
            )
            _log.info("no better validation for %s: stopped", waited)
            engine.terminate()


def show_progress(trainer: Engine) -> None:
    """A progress bar, where standard error is a terminal."""
    if sys.stderr.isatty() and is_main():
        from ignite.handlers import ProgressBar

        bar = ProgressBar(desc="epoch")
        bar.attach(trainer, output_transform=lambda output: {"loss": float(_loss(output))})


def log_every_epoch(trainer: Engine, stage: Stage) -> None:
    """Write TensorBoard scalars into the stage's folder, where it has one."""
    if stage.out is None or not is_main():
        return
    TensorBoardStatsHandler(
        log_dir=str(stage.out),
        iteration_log=False,
        output_transform=lambda output: float(_loss(output)),
    ).attach(trainer)


def keep_checkpoints(trainer: Engine, state: dict[str, Any], stage: Stage) -> None:
    """Write the state at the end of every epoch, where the stage has a folder."""
    if stage.out is not None:
        stage.out.mkdir(parents=True, exist_ok=True)
        checkpoint = Checkpoint(
            state,
            DiskSaver(str(stage.out), require_empty=False),
            n_saved=1,
            filename_pattern=CHECKPOINT,
        )
        trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
    if stage.stop_after is not None:
        trainer.add_event_handler(
            Events.EPOCH_COMPLETED(once=stage.stop_after), lambda engine: engine.terminate()
        )


def _projected(engine: Engine) -> dict[str, bool]:
    """Whether the prototypes are projected, where the recipe has them projected in training."""
    is_projected = getattr(engine.state, "projected", None)
    return {} if is_projected is None else {"projected": is_projected}


def _loss(output: Any) -> Tensor:
    """The last batch's loss in what the trainer keeps of an iteration."""
    return output["loss"].detach()
