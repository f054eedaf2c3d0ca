"""One method in a process that does nothing else: its seconds, passes, memory and arithmetic.

``python -m training.benchmarks.heatmaps.isolated_cost BUNDLE IMAGES METHOD SEED DEVICE`` prints one
line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dprotonet.allocator import keep_freed_memory
from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.image import class_node
from dprotonet.explain.nodes import Node, PrototypeNode
from dprotonet.inference.predictor import Predictor
from training.benchmarks.heatmaps.arithmetic import best_rate, multiply_accumulates
from training.benchmarks.heatmaps.memory import Peak
from training.benchmarks.heatmaps.methods import Contender, contender

if TYPE_CHECKING:
    from dprotonet.explain.explanation import Explanation

TOGETHER = 5  # prototypes that one call explains


@dataclass(frozen=True, eq=False)
class Bench:
    """A network under one method."""

    predictor: Predictor
    contender: Contender
    seed: int

    def explain(self, x: Tensor, valid_mask: Tensor, nodes: Sequence[Node]) -> list[Explanation]:
        """Nodes of one image ``(3, S, S)`` in one call."""
        return METHODS[self.contender.method](
            self.predictor.model,
            x.to(self.predictor.device),
            nodes,
            settings=self.contender.settings,
            temperature=self.predictor.bundle.temperature,
            valid_mask=valid_mask,
            seed=self.seed,
        )

    def class_of(self, x: Tensor) -> list[Node]:
        """The predicted class."""
        bundle = self.predictor.bundle
        return [class_node(bundle, self.predictor.predict_tensor(x).leading)]

    def prototypes_of(self, x: Tensor) -> list[Node]:
        """The prototypes that say most, the strongest first; at most :data:`TOGETHER`."""
        ids = self.predictor.bundle.prototype_ids
        matches = self.predictor.predict_tensor(x).matches[:TOGETHER]
        return [PrototypeNode(ids.index(match.prototype), match.prototype) for match in matches]


def measure(bench: Bench, images: Tensor, insides: Tensor) -> dict[str, Any]:
    """All figures of one method.

    Args:
        bench: the network and the method.
        images: ``(N, 3, S, S)``; the first warms up.
        insides: ``(N, S, S)`` bool.
    """
    peak = Peak(bench.predictor.device)
    bench.predictor.predict_tensor(images[0])
    peak.start()
    bench.explain(images[0], insides[0], bench.class_of(images[0]))
    found = [
        bench.explain(x, valid_mask, bench.class_of(x))[0]
        for x, valid_mask in zip(images[1:], insides[1:], strict=True)
    ]
    memory = peak.megabytes()
    seconds = [one.seconds - one.measuring_seconds for one in found]
    return {
        "seconds": round(statistics.median(seconds), 4),
        "seconds_each": [round(value, 4) for value in seconds],
        "measuring_seconds": round(statistics.median(one.measuring_seconds for one in found), 4),
        "forward": statistics.median(one.passes_forward - one.measuring_passes for one in found),
        "backward": statistics.median(one.passes_backward for one in found),
        "measuring_passes": statistics.median(one.measuring_passes for one in found),
        "peak_mb": None if memory is None else round(memory, 1),
        "precision": found[0].precision,
        "threads": torch.get_num_threads(),
        **_together(bench, images[1], insides[1]),
        **_arithmetic(bench, found, images[0]),
    }


def _together(bench: Bench, x: Tensor, valid_mask: Tensor) -> dict[str, Any]:
    """Several prototypes in one call against one alone; both without measuring."""
    nodes = bench.prototypes_of(x)
    alone, several = (bench.explain(x, valid_mask, part)[0] for part in (nodes[:1], nodes))
    one, all_of_them = (r.seconds - r.measuring_seconds for r in (alone, several))
    return {
        "prototypes_together": len(nodes),
        "together_seconds": round(all_of_them, 4),
        "one_prototype_seconds": round(one, 4),
    }


def _arithmetic(bench: Bench, found: Sequence[Explanation], x: Tensor) -> dict[str, Any]:
    """How far the passes are from the machine's own rate.

    A backward pass counts as one forward: the masks' gradient needs none of the weights'.
    """
    # Of the network as it was trained: the frozen copy does the same in modules of its own.
    one = multiply_accumulates(bench.predictor.model, x[None].to(bench.predictor.device))
    dtype = torch.bfloat16 if found[0].precision == "bfloat16" else torch.float32
    best = best_rate(dtype, bench.predictor.device)
    rates = [
        one
        * (r.passes_forward - r.measuring_passes + r.passes_backward)
        / (r.seconds - r.measuring_seconds)
        for r in found
    ]
    rate = statistics.median(rates)
    return {
        "gmac_a_pass": round(one / 1e9, 4),
        "gmac_a_second": round(rate / 1e9, 2),
        "best_gmac_a_second": round(best / 1e9, 2),
        "share_of_best_rate": round(rate / best, 4),
    }


def main(words: Sequence[str]) -> None:
    """Measure and print."""
    from safetensors.torch import load_file

    keep_freed_memory()
    folder, images, method, seed, device = words
    predictor = Predictor(Bundle.load(Path(folder)), device)
    held = load_file(images)
    bench = Bench(predictor, contender(method, tuple(METHODS)), int(seed))
    print(json.dumps(measure(bench, held["x"], held["inside"])))


if __name__ == "__main__":
    main(sys.argv[1:])
