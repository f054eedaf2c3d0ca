"""The prototypes that an image activates most, as figures and a page with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from dprotonet.bundle.sources.nearest import NearestPatch
from dprotonet.explain.patch_picture import with_box
from dprotonet.images.reader import read_image
from dprotonet.inference.most_activated import ActivatedPrototype, LocalAnalysis, most_activated
from dprotonet.inference.predictor import Predictor
from training.io import png, write_bytes, write_json, write_text

PAGE, FIGURES = "local.md", "local.json"


def local_analysis(
    predictor: Predictor,
    files: Sequence[Path],
    out: Path,
    *,
    count: int = 10,
    class_name: str | None = None,
) -> list[dict[str, Any]]:
    """Write figures, pictures and a page of each image into ``out/1``, ``out/2``, ….

    No name of a file is written: it may name a patient.

    Args:
        files: images; of one with several frames the first.
        out: folder.
        count: prototypes of each image.
        class_name: that contributions are to; None for what the image is called.

    Returns:
        Of each image what stands in its figures.

    Raises:
        ReadableError: an image cannot be read, or the model is not for it.
    """
    results = []
    for number, file in enumerate(files, start=1):
        image = read_image(file)
        found = most_activated(predictor, image, count=count, class_name=class_name)
        unit, _ = predictor.bundle.preprocessing.place(image)
        picture = np.ascontiguousarray(unit.mul(255).round().byte().permute(1, 2, 0).numpy())
        folder = out / str(number)
        write_text(folder / PAGE, _page(predictor, found, picture, folder))
        write_json(folder / FIGURES, found.to_json())
        results.append(found.to_json())
    return results


def _page(predictor: Predictor, found: LocalAnalysis, picture: np.ndarray, folder: Path) -> str:
    lines = [
        f"# Called {found.label}; what speaks for {found.class_name}",
        "",
        f"Logit {found.logit:+.3f}: the sum of similarity × weight over all prototypes.",
        "",
        "| Prototype | Its class | Similarity | Weight | Similarity × weight | Here | Looks like |",
        "|---|---|---|---|---|---|---|",
        *(_row(predictor, row, picture, folder) for row in found.rows),
        "",
    ]
    return "\n".join(lines)


def _row(predictor: Predictor, row: ActivatedPrototype, picture: np.ndarray, folder: Path) -> str:
    side, here = predictor.bundle.image_size, f"{row.prototype}.png"
    _keep(folder / here, with_box(picture, row.box, side))
    like = "–"
    nearest = _nearest(predictor, row.prototype)
    if nearest is not None and nearest.picture is not None:
        with Image.open(nearest.picture) as file:
            there = with_box(np.asarray(file.convert("RGB")), nearest.box, side)
        _keep(folder / f"{row.prototype}-training.png", there)
        like = f"![nearest training patch]({row.prototype}-training.png)"
    cells = (
        row.prototype,
        row.class_name,
        f"{row.similarity:.3f}",
        f"{row.weight:+.3f}",
        f"{row.contribution:+.3f}",
        f"![patch of the image]({here})",
        like,
    )
    return f"| {' | '.join(cells)} |"


def _nearest(predictor: Predictor, prototype: str) -> NearestPatch | None:
    patches = predictor.bundle.nearest
    return next((patch for patch in patches if patch.prototype == prototype), None)


def _keep(file: Path, picture: np.ndarray) -> None:
    write_bytes(file, png(torch.from_numpy(picture.copy()).permute(2, 0, 1)))
