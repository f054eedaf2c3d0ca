"""What training costs, beside the arithmetic that it cannot avoid.

Three ratios, each against a bound in the same run: a training epoch on kept inputs against a bare
loop of forward and backward passes over the same tensors; a prototype update against one inference
pass over the same images; and the memory that an update takes when it sees eight times the images.
Images are noise: the timings do not depend on their content.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Events

from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.update import update_prototypes
from training.benchmarks.update_memory import CLASSES, memory
from training.data.inputs import EpochBatches
from training.data.placed_images import PlacedImages
from training.datasets.samples import Dataset, Sample
from training.fitting import networks
from training.fitting.context import PER_PASS, SplitRows, TrainingContext, prototype_batches
from training.fitting.engine import Stage, make_trainer
from training.fitting.fit import cut_network, prepare
from training.fitting.optimisers import Plateau, optimiser, schedule
from training.recipe import Recipe

_log = logging.getLogger(__name__)


def throughput(
    recipe: Recipe, *, images: int = 256, repeats: int = 5, device: str = "cpu"
) -> dict[str, Any]:
    """The three ratios, as JSON; medians of ``repeats`` turns, which alternate with their bound.

    Args:
        recipe: its network, frozen blocks, batch size and update are measured.
        images: of noise, that one turn goes over.
    """
    run = _run(recipe, images, device)
    rows = SplitRows(*(torch.arange(images),) * 3)
    trainee = networks.dprotonet(recipe, CLASSES, None)
    cut_network(trainee.network, run)
    epochs, bare = _epochs(run, rows, trainee, repeats)
    model = trainee.network
    assert isinstance(model, DProtoNet)
    updates, passes = _updates(run, rows, model, repeats)
    return {
        "films": images,
        "epoch": {
            "seconds": _median(epochs),
            "bare_loop_seconds": _median(bare),
            "share_of_bare_loop": round(statistics.median(bare) / statistics.median(epochs), 3),
        },
        "update": {
            "kind": recipe.update,
            "seconds": _median(updates),
            "inference_pass_seconds": _median(passes),
            "passes": round(statistics.median(updates) / statistics.median(passes), 3),
        },
        "memory": memory(recipe, 2 * images),
    }


def _run(recipe: Recipe, images: int, device: str) -> TrainingContext:
    generator = torch.Generator().manual_seed(0)
    side = recipe.image_size
    pixels = torch.randint(0, 256, (images, 1, side, side), generator=generator, dtype=torch.uint8)
    samples = tuple(Sample(f"{i:05d}", None, f"p{i}", i % 2) for i in range(images))
    labels = torch.tensor([s.label for s in samples])
    placed = PlacedImages(pixels, labels, samples, tuple(f"{i:064x}" for i in range(images)))
    dataset = Dataset("noise", CLASSES, None, samples)
    out = Path()  # nothing is written
    return prepare(recipe, dataset, placed, out=out, device=device, resume=False, cut=True)


def _epochs(
    run: TrainingContext, rows: SplitRows, trainee: networks.Trainee, repeats: int
) -> tuple[list[float], list[float]]:
    """Seconds of our epochs and of bare loops over the same batches, in turns."""
    recipe = replace(run.recipe, epochs=repeats + 1)
    batches = EpochBatches(
        run.inputs, run.images.labels, rows.train, recipe.batch_size, recipe.seed
    )
    optimizer = optimiser(trainee.network, recipe)
    rates = schedule(optimizer, recipe, len(batches), Plateau())
    stage = Stage(run.inputs, run.images.labels, rows.train, rows.validation, device=run.device)
    trainer = make_trainer(trainee, batches, optimizer, rates, stage, recipe)
    same = [(x.to(run.device), y.to(run.device)) for x, y in replace(batches)]
    epochs: list[float] = []
    bare: list[float] = []

    @trainer.on(Events.EPOCH_COMPLETED)
    def take_turns(engine: Any) -> None:
        epochs.append(engine.state.times["EPOCH_COMPLETED"])
        bare.append(_seconds(lambda: _loop(trainer.network, trainee, optimizer, same), run.device))
        _log.info("epoch %.2f s, bare loop %.2f s", epochs[-1], bare[-1])

    trainer.run()
    return epochs[1:], bare[1:]  # the first of each warms up


def _loop(network: Any, trainee: networks.Trainee, optimizer: Any, batches: Any) -> None:
    network.train()
    for x, y in batches:
        optimizer.zero_grad()
        trainee.loss(network(x), y).backward()
        optimizer.step()


def _updates(
    run: TrainingContext, rows: SplitRows, model: DProtoNet, repeats: int
) -> tuple[list[float], list[float]]:
    """Seconds of updates and of plain inference over the same images, in turns."""
    model.eval()

    def update() -> None:
        update_prototypes(
            model,
            prototype_batches(run, rows.train, run.final),
            kind=run.recipe.update,
            m=run.recipe.update_images,
            device=run.device,
            images_per_pass=PER_PASS,
        )

    def infer() -> None:
        with torch.inference_mode():
            for batch in rows.train.split(PER_PASS):
                model(run.final.clean(batch).to(run.device))

    updates, passes = [], []
    for turn in range(repeats + 1):
        passes.append(_seconds(infer, run.device))
        updates.append(_seconds(update, run.device))
        _log.info("update %.2f s, inference %.2f s (turn %d)", updates[-1], passes[-1], turn)
    return updates[1:], passes[1:]


def _seconds(work: Callable[[], None], device: str) -> float:
    start = time.perf_counter()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 3)
