"""One method in a process that does nothing else: its seconds, passes, memory and arithmetic.

``python -m training.benchmarks.heatmaps.isolated_cost BUNDLE IMAGES METHOD SEED DEVICE`` prints one
line of JSON. METHOD ``all-nodes`` is the mask reader's one pass for all nodes of an image, beside
the bare prediction.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dprotonet.allocator import keep_freed_memory
from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.image import class_node
from dprotonet.explain.nodes import Node, PrototypeNode
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from dprotonet.inference.predictor import Predictor
from training.benchmarks.heatmaps.hardware import PeakMemory, best_rate, multiply_accumulates
from training.benchmarks.heatmaps.methods import ConfiguredMethod, parse_methods

if TYPE_CHECKING:
    from dprotonet.explain.explanation import Explanation

TOGETHER = 5  # prototypes that one call explains
ALL_NODES = "all-nodes"


@dataclass(frozen=True, eq=False)
class IsolatedMethod:
    """One method on one network."""

    predictor: Predictor
    method: ConfiguredMethod
    seed: int

    def explain(self, x: Tensor, valid_mask: Tensor, nodes: Sequence[Node]) -> list[Explanation]:
        """Nodes of one image ``(3, S, S)`` in one call."""
        return self.method.explain(self.predictor, x, valid_mask, nodes, seed=self.seed)

    def class_of(self, x: Tensor) -> list[Node]:
        """The predicted class."""
        bundle = self.predictor.bundle
        return [class_node(bundle, self.predictor.predict_tensor(x).require_leading())]

    def prototypes_of(self, x: Tensor) -> list[Node]:
        """The prototypes that contribute most, the strongest first; at most :data:`TOGETHER`."""
        ids = self.predictor.bundle.prototype_ids
        matches = self.predictor.predict_tensor(x).matches[:TOGETHER]
        return [PrototypeNode(ids.index(match.prototype), match.prototype) for match in matches]


def measure(isolated: IsolatedMethod, images: Tensor, valid_masks: Tensor) -> dict[str, Any]:
    """All figures of one method.

    Args:
        isolated: the network and the method.
        images: ``(N, 3, S, S)``; the first warms up.
        valid_masks: ``(N, S, S)`` bool, False in the padding.
    """
    peak = PeakMemory(isolated.predictor.device)
    isolated.predictor.predict_tensor(images[0])
    peak.start()
    isolated.explain(images[0], valid_masks[0], isolated.class_of(images[0]))
    explanations = [
        isolated.explain(x, valid_mask, isolated.class_of(x))[0]
        for x, valid_mask in zip(images[1:], valid_masks[1:], strict=True)
    ]
    memory = peak.megabytes()
    seconds = [_own_seconds(e) for e in explanations]
    return {
        "seconds": round(statistics.median(seconds), 4),
        "seconds_each": [round(value, 4) for value in seconds],
        "measuring_seconds": round(statistics.median(e.measuring_seconds for e in explanations), 4),
        "forward": statistics.median(e.passes_forward - e.measuring_passes for e in explanations),
        "backward": statistics.median(e.passes_backward for e in explanations),
        "measuring_passes": statistics.median(e.measuring_passes for e in explanations),
        "peak_mb": None if memory is None else round(memory, 1),
        "precision": explanations[0].precision,
        "threads": torch.get_num_threads(),
        **_together(isolated, images[1], valid_masks[1]),
        **_arithmetic(isolated, explanations, images[0]),
    }


def _own_seconds(explanation: Explanation) -> float:
    """Without those in which the method measured itself."""
    return explanation.seconds - explanation.measuring_seconds


def _together(isolated: IsolatedMethod, x: Tensor, valid_mask: Tensor) -> dict[str, Any]:
    """Several prototypes in one call against one alone; both without measuring.

    Each warms up before: batches of a new size are prepared for when they first come, which took
    a GPU longer than the rest.
    """
    nodes = isolated.prototypes_of(x)
    alone, together = (
        [isolated.explain(x, valid_mask, part)[0] for _ in range(2)][1]
        for part in (nodes[:1], nodes)
    )
    return {
        "prototypes_together": len(nodes),
        "together_seconds": round(_own_seconds(together), 4),
        "one_prototype_seconds": round(_own_seconds(alone), 4),
    }


def _arithmetic(
    isolated: IsolatedMethod, explanations: Sequence[Explanation], x: Tensor
) -> dict[str, Any]:
    """How far the passes are from the machine's own rate.

    A backward pass counts as one forward: the masks' gradient needs none of the weights'.
    """
    # Of the network as it was trained: the frozen copy does the same in modules of its own.
    device = isolated.predictor.device
    a_pass = multiply_accumulates(isolated.predictor.model, x[None].to(device))
    dtype = torch.bfloat16 if explanations[0].precision == "bfloat16" else torch.float32
    best = best_rate(dtype, device)
    rate = statistics.median(
        a_pass * (e.passes_forward - e.measuring_passes + e.passes_backward) / _own_seconds(e)
        for e in explanations
    )
    return {
        "gmac_a_pass": round(a_pass / 1e9, 4),
        "gmac_a_second": round(rate / 1e9, 2),
        "best_gmac_a_second": round(best / 1e9, 2),
        "share_of_best_rate": round(rate / best, 4),
    }


def measure_all_nodes(predictor: Predictor, images: Tensor) -> dict[str, Any]:
    """The seconds of a prediction, and of one with the maps of all nodes, from the same images.

    Args:
        predictor: of a bundle with a mask reader.
        images: ``(N, 3, S, S)`` normalised; the first warms up.
    """
    from dprotonet.inference.instant import predict_with_maps

    bare, with_maps, nodes = [], [], 0
    for x in images:
        image = as_image(predictor.bundle.preprocessing.denormalise(x))
        started = time.perf_counter()
        predictor.predict(image)
        predicted = time.perf_counter()
        _, maps = predict_with_maps(predictor, image)
        bare.append(predicted - started)
        with_maps.append(time.perf_counter() - predicted)
        nodes = len(maps.nodes)
    alone, both = (statistics.median(seconds[1:]) for seconds in (bare, with_maps))
    return {
        "nodes": nodes,
        "predict_seconds": round(alone, 4),
        "with_maps_seconds": round(both, 4),
        "of_predict_rate": round(alone / both, 4),
        "threads": torch.get_num_threads(),
    }


def as_image(unit: Tensor) -> GrayOrColourImage:
    """An image in 8 bit of ``(3, S, S)`` in [0, 1]; grey where all colours are equal."""
    values = (unit.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    is_colour = bool((values != values[..., :1]).any())
    pixels = values if is_colour else values[..., 0]
    rows, columns = pixels.shape[:2]
    facts = ImageFacts("png", rows, columns, 1, is_colour, 8)
    windows = () if is_colour else (Window(128.0, 256.0),)
    return GrayOrColourImage(pixels, windows, False, None, facts)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    from safetensors.torch import load_file

    keep_freed_memory()
    folder, images, method, seed, device = arguments
    predictor = Predictor(Bundle.load(Path(folder)), device, gate=False)
    tensors = load_file(images)
    if method == ALL_NODES:
        print(json.dumps(measure_all_nodes(predictor, tensors["x"])))
        return
    isolated = IsolatedMethod(predictor, parse_methods([method])[0], int(seed))
    print(json.dumps(measure(isolated, tensors["x"], tensors["valid_mask"])))


if __name__ == "__main__":
    main(sys.argv[1:])
