"""A bundle's prototypes beside the training patches nearest to them: a page with pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.sources.nearest import NearestPatch
from dprotonet.errors import ReadableError
from dprotonet.explain.patch_picture import with_box, with_map
from dprotonet.prototypes.nearest_patches import NEAREST
from training.fitting.protopnet.nearest_patches import compares_patches, nearest_patches
from training.io import png, write_bytes, write_json, write_text
from training.learning.reopened import reopen

PAGE, FIGURES = "global.md", "global.json"


def global_analysis(
    bundle: Bundle,
    data: Path | None,
    out: Path,
    *,
    count: int = NEAREST,
    device: str = "cpu",
) -> dict[str, Any]:
    """Write pictures, figures and a page of every prototype's nearest training patches.

    Chen et al. 2019, section 2.3; prototypes that are switched off are left out.

    Args:
        data: what the bundle was trained on; None for the phantom.
        out: folder.
        count: patches of each prototype.

    Returns:
        Of every prototype how many of its nearest patches are of its class.

    Raises:
        ReadableError: the bundle compares no patches, or the data is another.
    """
    if not compares_patches(bundle.model):
        raise ReadableError(
            f"The model {bundle.name} compares regions, not patches. Its prototypes are on the "
            "Model page of the application, with the images that they were made from."
        )
    opened = reopen(bundle, data, out=out, device=device)
    model, images = bundle.model, opened.context.images
    patches = nearest_patches(
        model, opened.similarities(model), opened.context, opened.rows, count=count
    )
    pixels = {sample.sample_id: images.pixels[i] for i, sample in enumerate(images.samples)}
    lines = [f"# {bundle.name} {bundle.short}: the nearest training patches", ""]
    found: dict[str, Any] = {}
    for record in bundle.prototypes:
        if record.id in bundle.off:
            continue
        own = [patch for patch in patches if patch.prototype == record.id]
        right = sum(record.class_name in patch.classes for patch in own)
        others = Counter(name for patch in own for name in patch.classes)
        found[record.id] = {"class": record.class_name, "of_its_class": right, "of": len(own)}
        lines += [
            f"## {record.id}, {record.class_name}: {right} of {len(own)} are of its class",
            "",
            ", ".join(f"{name} {number}" for name, number in others.most_common()),
            "",
            " ".join(
                f"![{patch.similarity:.3f}]({_write(patch, rank, pixels, bundle, out)})"
                for rank, patch in enumerate(own, start=1)
            ),
            "",
        ]
    write_text(out / PAGE, "\n".join(lines))
    write_json(out / FIGURES, {"patches": [patch.to_json() for patch in patches]})
    return found


def _write(
    patch: NearestPatch, rank: int, pixels: dict[str, Any], bundle: Bundle, out: Path
) -> str:
    """The image with the box, beside it the same under the activation; returns the file's name."""
    picture = np.ascontiguousarray(pixels[patch.sample_id].permute(1, 2, 0).numpy())
    picture = picture[:, :, 0] if picture.shape[2] == 1 else picture
    boxed = with_box(picture, patch.box, bundle.image_size)
    shown = boxed
    if patch.activation is not None:
        under = with_map(picture, patch.activation)
        shown = np.hstack([boxed, with_box(under, patch.box, bundle.image_size)])
    name = f"{patch.prototype}-{rank}.png"
    write_bytes(out / name, png(torch.from_numpy(shown.copy()).permute(2, 0, 1)))
    return name
