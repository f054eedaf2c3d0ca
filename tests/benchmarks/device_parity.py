"""Does a bundle say and show the same on another device?

    python -m tests.benchmarks.device_parity BUNDLE… --images FILE… [--device cuda]

Predicts and explains each image on the CPU and on the device, in float32, and prints one JSON
object: for each bundle the largest difference of a probability and of a reason (a prototype's
similarity, what an axis is weighed with), and the lowest rank correlation of own maps, of the mask
reader's maps (all nodes) and the refined map (*standard*) where the bundle has a reader, and of the
search. Ends with 1 where probabilities differ by 0.001 or more, or the reader's or the refined map
agrees by less than 0.99. The others are printed only: a search takes another way after the smallest
difference, and the ranks of an own map that is all but flat are rounding.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode, ConceptNode, Node, PrototypeNode
from dprotonet.explain.settings import TIERS
from dprotonet.images.reader import read_image
from dprotonet.modeling.concepts.finished import ConceptModel
from dprotonet.modeling.reasons.network import ReasonsNetwork
from training.evaluation.sanity import rank_correlation

if TYPE_CHECKING:
    from torch import Tensor

MOST_APART, LEAST_ALIKE = 1e-3, 0.99


def main() -> int:
    """Compare, and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.device_parity",
        description=(__doc__ or "").splitlines()[0],
    )
    parser.add_argument("bundles", type=Path, nargs="+")
    parser.add_argument("--images", type=Path, nargs="+", required=True)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    figures = {
        folder.name: parity(Bundle.load(folder), options.images, options.device)
        for folder in options.bundles
    }
    print(json.dumps(figures, indent=2))
    good = all(
        one["probability"] < MOST_APART
        and all(one.get(name, 1.0) >= LEAST_ALIKE for name in ("instant", "standard"))
        for one in figures.values()
    )
    return 0 if good else 1


def parity(bundle: Bundle, files: list[Path], device: str) -> dict[str, float]:
    """The largest differences and the lowest rank correlations over the images."""
    apart: dict[str, float] = {"probability": 0.0, "reason": 0.0}
    alike: dict[str, float] = {}
    for path in files:
        x, placement = bundle.preprocessing(read_image(path))
        valid = placement.valid_mask()
        here, there = (_seen(bundle, x, valid, where) for where in ("cpu", device))
        for name in apart:
            difference = float(np.abs(here[name] - there[name]).max())
            apart[name] = max(apart[name], difference)
        for name in here.keys() - apart.keys():
            pairs = zip(here[name], there[name], strict=True)
            ranks = [rank_correlation(*pair, valid.numpy()) for pair in pairs]
            alike[name] = min([alike.get(name, 1.0), *(r for r in ranks if not np.isnan(r))])
    return {"images": len(files)} | apart | {name: round(alike[name], 4) for name in sorted(alike)}


def _seen(bundle: Bundle, x: Tensor, valid: Tensor, device: str) -> Mapping[str, np.ndarray]:
    """Probabilities, reasons and maps ``(N, S, S)`` of one image on a device."""
    model = bundle.network.to(device)
    assert isinstance(model, ReasonsNetwork), "an imported classifier has no reasons to compare"
    with torch.no_grad():
        output = model(x[None].to(device))
    called = ClassNode(int(output.logits.argmax()))
    nodes: list[Node] = [ClassNode(k) for k in range(len(bundle.classes))]
    if isinstance(model, ConceptModel):
        nodes += [ConceptNode(c) for c in range(len(model.options.concepts))]
    else:
        nodes += [PrototypeNode(j) for j in range(output.similarities.shape[1])]
    seen = {
        "probability": output.logits.softmax(1)[0].cpu().numpy(),
        "reason": output.similarities[0].cpu().numpy(),
        "own maps": _enlarged(output.masks[0].cpu(), len(valid)),
    }
    maps = {"search": [called]}
    if bundle.mask_reader is not None:
        maps |= {"instant": nodes, "standard": [called]}
    for name, some in maps.items():
        tier = TIERS["instant" if name == "instant" else "standard"]
        settings = replace(tier, precision="float32", reader=name != "search")
        method = MDM(model, settings, temperature=bundle.temperature, reader=bundle.mask_reader)
        drawn = method.attribute_nodes(x.to(device), some, valid_mask=valid.to(device))
        seen[name] = torch.stack([one.heatmap for one in drawn]).cpu().numpy()
    model.cpu()
    return seen


def _enlarged(maps: Tensor, side: int) -> np.ndarray:
    size = (side, side)
    return torch.nn.functional.interpolate(maps[None], size, mode="bilinear")[0].numpy()


if __name__ == "__main__":
    raise SystemExit(main())
