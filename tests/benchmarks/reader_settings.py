"""What settings of a mask reader's training are worth, each alone and together.

    python -m tests.benchmarks.reader_settings BUNDLE --kept FILE --out ROWS.jsonl [--data DIR]
        [--device D] [--seeds 0 1] [--images 480] [--with "KEY=VALUE …"]…

Reads the bundle's training and validation images once and keeps them in FILE. With each ``--with``
(none: the usual settings), and each seed, a mask reader is trained, and its map of the class of
every validation image is measured:

- gap: the held-out gap that chose its weights (a mosaic in the place of what is hidden);
- recall_10, hit_10, peak_inside, peak_near, energy: against findings whose place is known, on
  images that the network calls rightly;
- rank_noise, rank_jpeg, rank_shift, top_noise: rank correlation, and overlap of the highest tenths,
  with the map of the changed image;
- seeds: mean rank correlation with the maps of the first seed's reader.

One JSON row each is added to ROWS.jsonl, so that several of these may run beside each other.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.reader.fitting import fit_reader
from dprotonet.explain.reader.images import ReaderImages
from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.explain.settings import TIERS
from training.benchmarks.heatmaps.measures.stability import (
    agreement,
    changed_images,
    moved_back,
)
from training.data.tensor_cache import read_tensors, write_tensors
from training.data.transforms import unit
from training.evaluation.evidence.places import place_figures
from training.fitting.placed_split import placed_split
from training.fitting.reader import body_masks, image_masks
from training.settings_text import changed, pairs_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dprotonet.modeling.reader.mask_reader import MaskReader

Maps = list[np.ndarray]
_PLACES = ("recall_10", "hit_10", "peak_inside", "peak_near", "energy")


def main() -> int:
    """Train and measure, and add a row for each setting and seed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.reader_settings",
        description=(__doc__ or "").splitlines()[0],
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--kept", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--images", type=int, default=480, help="to train on, at most")
    parser.add_argument("--with", action="append", dest="settings", metavar="SETTINGS")
    options = parser.parse_args()
    bundle = Bundle.load(options.bundle)
    images = kept_images(bundle, options.data, options.kept)
    for text in options.settings or [""]:
        settings, first = with_settings(text), None
        for seed in options.seeds:
            row, maps = _measured(bundle, images, settings, seed, options.images, options.device)
            if first is not None:
                valid = images.valid[images.validation].numpy()
                pairs = zip(first, maps, valid, strict=True)
                row["seeds"] = round(_mean([agreement(*pair)["rank"] for pair in pairs]), 4)
            first = first or maps
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"with": text, "seed": seed} | row) + "\n")
            print(text or "usual", seed, row, flush=True)
    return 0


def with_settings(text: str) -> ReaderSettings:
    """The usual settings with some changed: ``KEY=VALUE`` with spaces between."""
    pairs = pairs_of(text.split(), "a mask reader", "steps=400 noise=0.3")
    return changed(ReaderSettings(), pairs, "a mask reader")


@dataclass(frozen=True, eq=False)
class KeptImages:
    """Placed images of training and validation.

    Attributes:
        pixels: ``(N, C, S, S)`` uint8.
        valid: ``(N, S, S)`` bool.
        bodies: ``(N, S, S)`` bool; None of colour images.
        findings: ``(V, S, S)`` bool of the validation images, empty where none is known.
        labels: ``(N,)`` int64.
        train: rows.
        validation: rows.
    """

    pixels: Tensor
    valid: Tensor
    bodies: Tensor | None
    findings: Tensor
    labels: Tensor
    train: Tensor
    validation: Tensor


def kept_images(bundle: Bundle, data: Path | None, path: Path) -> KeptImages:
    """Images of a bundle's own split, from the file if it has been written before."""
    tensors = read_tensors(path, bundle.digest)
    if tensors is None:
        split = placed_split(bundle, data)
        pixels = split.images.pixels
        valid = image_masks(pixels)
        tensors = {
            "pixels": pixels,
            "valid": valid,
            "findings": _findings(bundle, split.images.samples, split.validation),
            "labels": torch.tensor([sample.classes[0] for sample in split.images.samples]),
            "train": split.train,
            "validation": split.validation,
        }
        if pixels.shape[1] == 1:
            tensors["bodies"] = body_masks(pixels, valid)
        write_tensors(path, bundle.digest, tensors)
    return KeptImages(**{"bodies": None} | tensors)


def _findings(bundle: Bundle, samples: Any, rows: Tensor) -> Tensor:
    """Where findings lie on the network's grid: ``(V, S, S)``."""
    side = bundle.preprocessing.size
    found = torch.zeros(len(rows), side, side, dtype=torch.bool)
    for at, row in enumerate(rows.tolist()):
        sample = samples[row]
        if sample.evidence is not None:
            evidence = sample.evidence()
            _, placement = bundle.preprocessing.place(evidence.without)
            found[at] = placement.mask_to_network(torch.from_numpy(evidence.mask))
    return found


def _measured(
    bundle: Bundle,
    images: KeptImages,
    settings: ReaderSettings,
    seed: int,
    most: int,
    device: str,
) -> tuple[dict[str, Any], Maps]:
    preprocessing = bundle.preprocessing

    def load(rows: Tensor) -> Tensor:
        x = preprocessing.normalise(unit(images.pixels[rows]).expand(-1, 3, -1, -1))
        return x.to(device)

    of_training = ReaderImages(
        load, images.train[:most], images.validation, images.valid, images.bodies
    )
    model = bundle.model.to(device)
    trained = fit_reader(model, of_training, settings, seed=seed)
    model.cpu()
    step, gap = trained.best
    row = {"step": step, "gap": gap, "seconds": trained.seconds}
    figures, maps = _figures(bundle, images, trained.reader)
    return {key: round(value, 4) for key, value in (row | figures).items()}, maps


def _figures(
    bundle: Bundle, images: KeptImages, reader: MaskReader
) -> tuple[Mapping[str, float], Maps]:
    """Mean figures over the validation images, and their own maps."""
    method = MDM(bundle.model, TIERS["instant"], temperature=bundle.temperature, reader=reader)
    preprocessing, maps = bundle.preprocessing, []
    rows: dict[str, list[float | None]] = {}
    for at, row in enumerate(images.validation.tolist()):
        x = preprocessing.normalise(unit(images.pixels[row : row + 1]).expand(-1, 3, -1, -1))[0]
        with torch.no_grad():
            called = int(bundle.model(x[None]).logits.argmax())
        valid, node = images.valid[row], ClassNode(called)

        def again(image: Tensor, node: ClassNode = node, valid: Tensor = valid) -> np.ndarray:
            return method.attribute(image, node, valid_mask=valid)[0].numpy()

        own, inside = again(x), valid.numpy()
        maps.append(own)
        for name, image in changed_images(x, valid, preprocessing).items():
            other, compared = again(image), inside
            if name == "shift":
                other, compared = moved_back(other), inside & moved_back(inside)
            both = agreement(own, other, compared)
            rows.setdefault(f"rank_{name}", []).append(both["rank"])
            rows.setdefault(f"top_{name}", []).append(both["overlap"])
        finding = images.findings[at].numpy()
        if finding.any() and called == int(images.labels[row]):
            for name, value in place_figures(own, finding, inside).items():
                if name in _PLACES:
                    rows.setdefault(name, []).append(value)
    return {name: _mean(values) for name, values in rows.items()}, maps


def _mean(values: list[float | None]) -> float:
    return float(np.mean([value for value in values if value is not None]))


if __name__ == "__main__":
    raise SystemExit(main())
