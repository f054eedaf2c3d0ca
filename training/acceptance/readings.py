"""A site's images, each read in a child process and predicted as for a reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dprotonet.errors import UnreadableImage
from dprotonet.images.hashes import file_sha256
from dprotonet.images.isolated.reader import IsolatedReader
from training.datasets.samples import Sample, pixels_sha256
from training.evaluation.groups import age_group

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.prediction import Prediction
    from dprotonet.inference.predictor import Predictor

SIDES = (512, 1024, 2048)
"""Longer sides in px that divide images by size."""
SHORT = 12  # digits of a hash that name a file
_FREE_TEXT = ("manufacturer", "station")
"""Slices named by texts of a header that can hold anything."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One image that was read, with what the model says of it whatever its gate says.

    Attributes:
        sample: its label and patient.
        image_sha256: of the file.
        pixel_sha256: of the values as they were read.
        groups: name of a slice's kind to the group that the image is in, where it is known.
        prediction: with label and probabilities, even where the gate refuses the image.
    """

    sample: Sample
    image_sha256: str
    pixel_sha256: str
    groups: dict[str, str]
    prediction: Prediction

    @property
    def refused(self) -> bool:
        """Whether a reader would get no label for it."""
        return not self.prediction.supported


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read, named without its name, which may be a person's.

    Attributes:
        class_name: of the model, "" for several or none.
        number: its place among the files of the check, from 1.
        sha256: the first digits of the file's hash, "" where it cannot even be opened.
        reason: a sentence.
    """

    class_name: str
    number: int
    sha256: str
    reason: str


def read_all(
    predictor: Predictor,
    samples: Sequence[Sample],
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    unnamed: bool = False,
) -> tuple[list[Reading], list[Unreadable]]:
    """Read and predict every image; of a file with several frames the first.

    Args:
        predictor: that scores every image, whatever its gate says (``gate=False``).
        samples: with files.
        progress: called after each image with how many are done, of how many.
        unnamed: slices are named by no free text of a header, and files that cannot be read by no
            hash.
    """
    readings: list[Reading] = []
    unreadable: list[Unreadable] = []
    with IsolatedReader() as reader:
        for number, sample in enumerate(samples, start=1):
            path, digest = Path(sample.path or ""), ""
            try:
                digest = file_sha256(path)
                image = reader.read(path)
            except UnreadableImage as error:
                reason = str(error).replace(str(path), "the file").replace(path.name, "the file")
                known_by = "" if unnamed else digest
                unreadable.append(_unreadable(predictor, sample, number, known_by, reason))
            else:
                groups = groups_of(sample, image)
                if unnamed:
                    groups = {k: name for k, name in groups.items() if k not in _FREE_TEXT}
                readings.append(
                    Reading(
                        sample,
                        digest,
                        pixels_sha256(image.pixels),
                        groups,
                        predictor.predict(image),
                    )
                )
            progress(number, len(samples))
    return readings, unreadable


def _unreadable(
    predictor: Predictor, sample: Sample, number: int, digest: str, reason: str
) -> Unreadable:
    names = [predictor.bundle.classes[k] for k in sample.classes]
    return Unreadable(names[0] if len(names) == 1 else "", number, digest[:SHORT], reason)


def groups_of(sample: Sample, image: GrayOrColourImage) -> dict[str, str]:
    """In which slices an image is: by the table first, then by its header."""
    dicom = image.facts.dicom
    age = sample.age if sample.age is not None else dicom.age if dicom else None
    groups = {
        "view": sample.view or (dicom.view_position if dicom else ""),
        "sex": sample.sex or (dicom.sex if dicom else ""),
        "age": "" if age is None else age_group(age),
        "modality": dicom.modality if dicom else "",
        "manufacturer": dicom.manufacturer if dicom else "",
        "station": dicom.station if dicom else "",
        "image size": size_group(max(image.shape)),
    }
    return {kind: name[:64] for kind, name in groups.items() if name}


def size_group(side: int) -> str:
    """The group of an image by its longer side in px."""
    low = 0
    for high in SIDES:
        if side < high:
            return f"{low}-{high - 1} px" if low else f"below {high} px"
        low = high
    return f"{low} px or more"


def logits_of(readings: Sequence[Reading], classes: Sequence[str]) -> NDArray[np.float64]:
    """``(N, K)`` logits."""
    return np.array([[r.prediction.logits[name] for name in classes] for r in readings])
