"""The memory that a prototype update takes, and that it takes no more for eight times the images.

Each figure is measured in a process that imports no more than an update needs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from dprotonet.allocator import keep_freed_memory
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.options import STRIDE
from dprotonet.prototypes.feature_pass import PrototypeBatch
from dprotonet.prototypes.update import update_prototypes
from training.fitting import networks
from training.fitting.context import PER_PASS
from training.recipe import Recipe

CLASSES = ("one", "two")
_MANY, _SMALL = 100, 96  # prototypes of a class, and px
_BYTES = 4  # of a number in 32 bit


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
    command = [sys.executable, "-m", "training.benchmarks.update_memory"]
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


if __name__ == "__main__":
    print(_peak_of_update(Recipe(**json.loads(sys.argv[1])), int(sys.argv[2])))
