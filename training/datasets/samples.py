"""What every data set hands to training: samples with a patient, a label and perhaps boxes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dprotonet.errors import ReadableError, UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dprotonet.attributes.row_images import RowImages
    from dprotonet.attributes.table import Row
    from dprotonet.images.types import GrayOrColourImage


Sex = Literal["F", "M", ""]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the native grid; ``x``, ``y`` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    finding: str = ""


@dataclass(frozen=True)
class Part:
    """A named point in pixels of the native grid, such as a bird's beak; only if visible."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an image's class is known to rest on, where removing it removes the class.

    Attributes:
        kind: "finding", or what was planted, such as "text".
        mask: ``(H, W)`` bool on the native grid, where it lies.
        without: the same image without it.
    """

    kind: str
    mask: NDArray[np.bool_]
    without: GrayOrColourImage


@dataclass(frozen=True)
class Sample:
    """One image with its label.

    Attributes:
        sample_id: unique within the data set and stable between runs.
        path: the file, or None where ``make`` makes the image.
        patient_id: images of one patient are always on the same side of a split.
        label: index into the data set's classes; -1 in a multi-label set.
        view: "AP", "PA" or "" where unknown; other names where the set has other views.
        boxes: findings, in pixels of the native grid.
        sex: "F", "M" or "" where unknown.
        age: in years, None where unknown.
        parts: named points, in pixels of the native grid.
        official_split: the side that the set's authors put it on, "" where they have no split.
        mask: gives the finding's ``(H, W)`` bool on the native grid; None where there is no mask.
        make: makes an image that has no file (the phantom's).
        labels: in a multi-label set the indices of all classes that the image has, none included.
        evidence: makes what the class is known to rest on; None where that is not known.
        concepts: what the image is known to show, or not to show, beside its class.
        row: of a table, the row that the image is made of.
        varied: of the same: gives the ``(3, S, S)`` uint8 pixels of a row near to it, by a seed.
    """

    sample_id: str
    path: Path | None
    patient_id: str
    label: int
    view: str = ""
    boxes: tuple[Box, ...] = ()
    sex: Sex = ""
    age: int | None = None
    parts: tuple[Part, ...] = ()
    official_split: Literal["train", "validation", "test", ""] = ""
    mask: Callable[[], NDArray[np.bool_]] | None = field(default=None, compare=False, repr=False)
    make: Callable[[], GrayOrColourImage] | None = field(default=None, compare=False, repr=False)
    labels: tuple[int, ...] | None = None
    evidence: Callable[[], Evidence] | None = field(default=None, compare=False, repr=False)
    concepts: tuple[tuple[str, bool], ...] = ()
    row: Row | None = None
    varied: Callable[[int], NDArray[np.uint8]] | None = field(
        default=None, compare=False, repr=False
    )

    @property
    def classes(self) -> tuple[int, ...]:
        """Indices of the classes that the image has."""
        return (self.label,) if self.labels is None else self.labels

    def load(self) -> GrayOrColourImage:
        """The image on its native grid; of a file with several frames the first.

        Raises:
            UnreadableImage: with the path of the file.
        """
        if self.make is not None:
            return self.make()
        from dprotonet.images.reader import read_image

        try:
            return read_image(self._file())
        except UnreadableImage as error:
            raise type(error)(f"{self.path} cannot be read. {error}") from error

    def image_sha256(self, image: GrayOrColourImage | None = None) -> str:
        """Hash of the file; of shape and pixels where there is no file.

        Args:
            image: the result of :meth:`load`, so that it need not be made again.
        """
        if self.make is not None:
            return pixels_sha256((image or self.make()).pixels)
        from dprotonet.images.hashes import file_sha256

        return file_sha256(self._file())

    def _file(self) -> Path:
        if self.path is None:
            raise ValueError(f"sample {self.sample_id} has neither a path nor a maker")
        return self.path


def stored_mask(sample: Sample, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
    """The mask, or the boxes filled in, ``(H, W)`` on the native grid; None where neither is."""
    import numpy as np

    if sample.mask is not None:
        return np.asarray(sample.mask(), dtype=bool)
    if not sample.boxes:
        return None
    mask = np.zeros(shape, dtype=bool)
    for box in sample.boxes:
        top, left = max(0, round(box.y)), max(0, round(box.x))
        mask[top : max(0, round(box.y + box.height)), left : max(0, round(box.x + box.width))] = 1
    return mask


def pixels_sha256(pixels: np.ndarray) -> str:
    """Names an image made in memory by its shape and 16-bit pixels."""
    head = f"{pixels.shape[0]}x{pixels.shape[1]}:uint16:".encode()
    return hashlib.sha256(head + pixels.astype("<u2").tobytes()).hexdigest()


@dataclass(frozen=True)
class Dataset:
    """A named collection of samples, checked when it is made.

    Attributes:
        negative_class: the class that means "no finding", or None.
        licence: licence and attribution, for the card.
        note: what readers of the scores have to know about the labels.
        skipped: files beside the images that are not images, by their paths in the folder.
        rows: of a table, how its rows are images; None of a set of images.
    """

    name: str
    classes: tuple[str, ...]
    negative_class: str | None
    samples: tuple[Sample, ...]
    licence: str = ""
    note: str = ""
    skipped: tuple[str, ...] = ()
    rows: RowImages | None = None

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            raise ReadableError(
                f"The data set {self.name} has {len(self.classes)} class(es). "
                "Give images of at least two classes."
            )
        if self.negative_class is not None and self.negative_class not in self.classes:
            raise ReadableError(
                f"The negative class {self.negative_class!r} is no class of {self.name}. "
                f"Choose one of: {', '.join(self.classes)}."
            )
        twice = [i for i, n in Counter(s.sample_id for s in self.samples).items() if n > 1]
        if twice:
            raise ReadableError(
                f"The data set {self.name} names {twice[0]} more than once. "
                "Keep one row (or file) for each image."
            )
        if any(not 0 <= k < len(self.classes) for s in self.samples for k in s.classes):
            raise ValueError("a label lies outside of the classes")
        if len({s.labels is None for s in self.samples}) > 1:
            raise ValueError("some images have one label, others any number")
        if self.multi_label and self.negative_class is not None:
            raise ValueError("in a multi-label set an image without any class is the negative one")

    @property
    def multi_label(self) -> bool:
        """Whether an image has any number of the classes, none included."""
        return bool(self.samples) and self.samples[0].labels is not None

    @property
    def negative_index(self) -> int | None:
        """Index of the negative class, or None."""
        return None if self.negative_class is None else self.classes.index(self.negative_class)
