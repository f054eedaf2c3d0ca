"""What training costs, beside the arithmetic that it cannot avoid.

Three ratios, each against a bound in the same run: a training epoch on kept inputs against a bare
loop of forward and backward passes over the same tensors; a prototype update against one inference
pass over the same images; and the memory that an update takes when it sees eight times the images.
Images are noise: the timings do not depend on their content.
"""

from __future__ import annotations

import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Events
from torch import Tensor

from dprotonet.allocator import keep_freed_memory
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.options import STRIDE
from dprotonet.prototypes.feature_pass import PrototypeBatch
from dprotonet.prototypes.update import update_prototypes
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
CLASSES = ("one", "two")
_MANY, _SMALL = 100, 96  # prototypes of a class, and px, where memory is measured
_BYTES = 4  # of a number in 32 bit


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


def memory(recipe: Recipe, images: int = 512) -> dict[str, Any]:
    """Peak memory of an update over ``images``, and over eight times as many, in a process each.

    Images are made as they are needed, so that what grows is the update's own. Beside it stands
    what the masks and the vectors of all images would take, which an update must not keep. So many
    prototypes make that visible; the grid is small so that it does not take long.
    """
    recipe = replace(recipe, prototypes_per_class=_MANY, image_size=min(_SMALL, recipe.image_size))
    small, large = (_in_child(recipe, count) for count in (images, 8 * images))
    one = len(CLASSES) * _MANY * _BYTES * 7 * images / 2**20  # a number a prototype, MB
    return {
        "films": [images, 8 * images],
        "prototypes": len(CLASSES) * _MANY,
        "image_size": recipe.image_size,
        "rise_of_peak_mb": [round(small / 2**20, 1), round(large / 2**20, 1)],
        "growth_mb": round((large - small) / 2**20, 1),
        "all_maps_would_add_mb": round(one * (recipe.image_size // STRIDE) ** 2, 1),
        "all_vectors_would_add_mb": round(one * recipe.depth, 1),
    }


def _in_child(recipe: Recipe, images: int) -> int:
    """What :func:`_peak_of_update` measures in a process that has done nothing else, bytes."""
    command = [sys.executable, "-m", "training.benchmarks.throughput"]
    command += [json.dumps(recipe.to_json()), str(images)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(result.stdout.split()[-1])


def _peak_of_update(recipe: Recipe, images: int) -> int:
    """Bytes by which the peak of this process rose during the update, after one of a few images."""
    import resource

    keep_freed_memory()
    model = networks.dprotonet(replace(recipe, weights=None), CLASSES, None).network
    assert isinstance(model, DProtoNet)
    _update(model, recipe, 16 * PER_PASS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _update(model, recipe, images)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def _update(model: DProtoNet, recipe: Recipe, images: int) -> None:
    update_prototypes(
        model,
        _noise(recipe, images),
        kind=recipe.update,
        m=recipe.update_images,
        images_per_pass=PER_PASS,
    )


def _noise(recipe: Recipe, count: int) -> Iterator[PrototypeBatch]:
    side = recipe.image_size
    for start in range(0, count, PER_PASS):
        rows = range(start, min(count, start + PER_PASS))
        generator = torch.Generator().manual_seed(start)
        images: Tensor = torch.randn(len(rows), 3, side, side, generator=generator)
        labels = torch.tensor([r % 2 for r in rows])
        yield PrototypeBatch(
            images, labels, [f"{r:06d}" for r in rows], [f"{r:064x}" for r in rows]
        )


def _seconds(work: Callable[[], None], device: str) -> float:
    start = time.perf_counter()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    print(_peak_of_update(Recipe(**json.loads(sys.argv[1])), int(sys.argv[2])))
