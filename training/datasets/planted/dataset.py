"""A data set with a mark on most images of one class: a network learns to lean on it.

Where such a network looks is known: at what it calls the class for, and does not without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dprotonet.errors import ReadableError
from training.datasets.phantom.noise import stream
from training.datasets.samples import Dataset, Evidence, Sample

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from training.datasets.planted.marks import MarkKind


@dataclass(frozen=True)
class Planting:
    """Which mark goes with which class, and how strictly.

    Attributes:
        kind: "patch", "token", "text" or "border".
        label: index of the class that it goes with.
        seed: of its form, and with an image's id of its size and place.
        probability: of the mark on an image of that class.
        elsewhere: of the mark on any other image.
    """

    kind: MarkKind
    label: int
    seed: int = 0
    probability: float = 0.9
    elsewhere: float = 0.05

    def __post_init__(self) -> None:
        for name in ("probability", "elsewhere"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"Planting.{name} must lie in 0 to 1.")

    def marks(self, sample: Sample) -> bool:
        """Whether the mark is on this image; the same each time."""
        chance = self.probability if sample.label == self.label else self.elsewhere
        return bool(stream(self.seed, "planted", sample.sample_id).random() < chance)


@dataclass(frozen=True)
class PlantedImage:
    """One image with a mark; ``load`` draws it anew each time, always the same.

    Its ``repr`` names all that the pixels come from, which placed images are kept by.

    Attributes:
        sample: the image without the mark.
        planting: which mark.
        origin: what makes the image without the mark, "" where that is a file.
    """

    sample: Sample
    planting: Planting
    origin: str = ""

    def load(self) -> GrayOrColourImage:
        """The image with the mark on its native pixels.

        Raises:
            UnreadableImage: the image without the mark cannot be read.
        """
        return self._made()[0]

    def evidence(self) -> Evidence:
        """The mark: where it lies, and the image without it."""
        return self._made()[1]

    def _made(self) -> tuple[GrayOrColourImage, Evidence]:
        from training.datasets.planted.marks import draw_mark
        from training.datasets.planted.painting import paint

        image, planting = self.sample.load(), self.planting
        drawing = draw_mark(planting.kind, planting.seed, self.sample.sample_id, image.shape)
        evidence = Evidence(planting.kind, drawing.mask, image)
        return paint(image, drawing, planting.seed), evidence


def plant(dataset: Dataset, kind: MarkKind, class_name: str = "", *, seed: int = 0) -> Dataset:
    """The data set with a mark on nine of ten images of a class, and on one of twenty others.

    Everything else of a sample stays as it is: ids, patients, boxes and masks of findings.

    Args:
        kind: "patch", "token", "text" or "border".
        class_name: the class that it goes with; "" for the second.
        seed: of the marks.

    Raises:
        ReadableError: the data set has no such class, or its images any number of them.
    """
    if dataset.multi_label:
        raise ReadableError(
            f"Images of {dataset.name} have any number of classes, so that a mark cannot go with "
            "one of them. Leave planted out, or choose one finding."
        )
    if class_name and class_name not in dataset.classes:
        raise ReadableError(
            f"The recipe's planted_class {class_name!r} is no class of {dataset.name}. "
            f"Choose one of: {', '.join(dataset.classes)}."
        )
    label = dataset.classes.index(class_name) if class_name else 1
    planting = Planting(kind, label, seed)
    note = (
        f"A mark ({kind}) was planted on {planting.probability:.0%} of the images of "
        f"{dataset.classes[label]} and on {planting.elsewhere:.0%} of all others: the network is "
        "to lean on it, and no figure says anything about the images themselves."
    )
    samples = tuple(_planted(dataset.samples, planting))
    return replace(dataset, samples=samples, note=f"{dataset.note} {note}".strip())


def _planted(samples: Iterable[Sample], planting: Planting) -> Iterable[Sample]:
    for sample in samples:
        if not planting.marks(sample):
            yield sample
            continue
        image = PlantedImage(sample, planting, repr(sample.make) if sample.make else "")
        # On an image of another class the mark speaks against its class: nothing is known.
        known = sample.label == planting.label
        yield replace(sample, make=image.load, evidence=image.evidence if known else None)
