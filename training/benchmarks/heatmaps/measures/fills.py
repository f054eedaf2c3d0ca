"""What hidden pixels show while a heatmap is scored, that no search has used.

``other`` is another image of the same plan, never of the same patient. It is chosen once for an
image and noted in its row, so that methods that are added later see the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from dprotonet.errors import ReadableError

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.modeling.preprocessing import Preprocessing
    from training.datasets.samples import Sample


def other_image(name: str, images: Sequence[str], samples: Mapping[str, Sample]) -> str:
    """The next image of a plan that is of another patient.

    Args:
        name: of the image's row.
        images: the plan's, in its order; after the last comes the first.
        samples: by the name of their rows.

    Raises:
        ReadableError: all are of one patient.
    """
    at = images.index(name)
    patient = samples[name].patient_id
    for other in (*images[at + 1 :], *images[:at]):
        if samples[other].patient_id != patient:
            return other
    raise ReadableError(
        "All images of the plan are of one patient, so that none can stand in for another. "
        "Leave the fill other out, or give a larger --n."
    )


def filled_by(
    other: Sample, preprocessing: Preprocessing, x: Tensor, valid_mask: Tensor, *, evidence: bool
) -> Tensor:
    """Another image in the place of an image, ``(3, S, S)``.

    Args:
        other: of another patient.
        x: ``(3, S, S)`` normalised.
        valid_mask: ``(S, S)`` bool, False in the padding, which stays the image's own.
        evidence: show the other image without what it is known to rest on: else what is hidden
            might be shown again, in its place.
    """
    image = other.load()
    if evidence and other.evidence is not None:
        image = other.evidence().without
    fill, _ = preprocessing(image)
    return torch.where(valid_mask, fill.to(x), x)
