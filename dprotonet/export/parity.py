"""Whether an exported file gives what the bundle's predictor gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dprotonet.errors import ReadableError
from dprotonet.export.network import DISTANCE, LOGITS, PROBABILITIES, SIMILARITIES
from dprotonet.images.reader import read_image
from dprotonet.inference.engines.onnx_engine import check_images
from dprotonet.inference.predictor import Predictor

RunFile = Callable[[Tensor], Mapping[str, Tensor]]
"""From ``(N, 3, S, S)`` to the file's outputs by name."""

TOLERANCE = 1e-4
"""Most that an output may differ, as a fraction of 1 + the largest number of it."""

MOST_PICTURES = 4


class ExportDiffers(ReadableError):
    """An exported file gives other numbers than its bundle, and was not kept."""


@dataclass(frozen=True)
class Parity:
    """What a comparison found.

    Attributes:
        images: how many were compared.
        differences: output to the largest difference of a number of it.
    """

    images: int
    differences: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"images": self.images, "largest_differences": self.differences}


def check_parity(predictor: Predictor, run: RunFile, kind: str) -> Parity:
    """Compare a file with the predictor, image by image and with all images at once.

    Args:
        predictor: of the bundle that was exported.
        run: the file.
        kind: what the error calls it, such as "ONNX file".

    Raises:
        ExportDiffers: an output differs; the sentence says which and by how much.
    """
    images = comparison_images(predictor)
    largest: dict[str, float] = {}
    with torch.inference_mode():
        at_once = run(images)
        for number, image in enumerate(images):
            expected, alone = expected_outputs(predictor, image), run(image[None])
            for name, wanted in expected.items():
                for rows, row in ((alone, 0), (at_once, number)):
                    got = rows.get(name)
                    if got is None or got.shape[1:] != wanted.shape[1:] or len(got) <= row:
                        raise ExportDiffers(
                            f"The {kind} was not kept: its output {name} is missing or has the "
                            "shape of something else."
                        )
                    error = float((got[row] - wanted[0]).abs().max())
                    most = float(wanted.abs().max())
                    if not error <= TOLERANCE * (1 + most):
                        raise ExportDiffers(
                            f"The {kind} was not kept: its {name} differ from those of "
                            f"{predictor.bundle.name} by {error:.2g} on image {number + 1} of "
                            f"{len(images)}, where the largest is {most:.2g}."
                        )
                    largest[name] = max(largest.get(name, 0.0), error)
    return Parity(len(images), largest)


def expected_outputs(predictor: Predictor, image: Tensor) -> dict[str, Tensor]:
    """What the predictor says of a network input ``(3, S, S)``, as one row an output.

    The calibration is that of the bundle; a site's own stays with its predictor.
    """
    from dprotonet.inference.decision import DecisionRule

    one, classes = predictor.pass_of(image), predictor.bundle.classes
    rule = DecisionRule.of(predictor.bundle)
    probabilities = rule.probabilities(dict(zip(classes, one.logits, strict=True)))
    expected = {
        LOGITS: torch.tensor([one.logits]),
        PROBABILITIES: torch.tensor([list(probabilities.values())]),
    }
    if predictor.bundle.has_prototypes:
        expected[SIMILARITIES] = one.similarities[None]
    if one.support is not None and one.support.distance is not None:
        expected[DISTANCE] = torch.tensor([one.support.distance])
    return expected


def comparison_images(predictor: Predictor) -> Tensor:
    """``(N, 3, S, S)``: noise, and the first pictures of the bundle's gallery, if it has any."""
    preprocessing = predictor.bundle.preprocessing
    pictures = [entry.picture for entry in predictor.bundle.gallery if entry.picture is not None]
    read = [preprocessing(read_image(path))[0] for path in pictures[:MOST_PICTURES]]
    return torch.cat([check_images(predictor.bundle.image_size), *(x[None] for x in read)])
