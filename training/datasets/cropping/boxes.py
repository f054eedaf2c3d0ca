"""A data set whose images are cut to their boxes, as ProtoPNet takes its birds and cars.

Chen et al. 2019, section 2.2: images of CUB-200-2011 are cropped by the set's bounding boxes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dprotonet.errors import ReadableError
from training.datasets.samples import Box, Dataset, Part, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dprotonet.images.types import GrayOrColourImage


@dataclass(frozen=True)
class CroppedImage:
    """One image cut to its box; ``load`` reads and cuts it anew each time.

    Its ``repr`` names all that the pixels come from, which placed images are kept by.
    """

    sample: Sample

    @property
    def box(self) -> Box:
        """The sample's only box."""
        return self.sample.boxes[0]

    def load(self) -> GrayOrColourImage:
        """The part of the image that lies in the box, at least one pixel.

        Raises:
            UnreadableImage: the image cannot be read.
        """
        image = self.sample.load()
        rows, columns = self._slices(image.shape)
        pixels = image.pixels[rows, columns]
        padding = None if image.padding is None else image.padding[rows, columns]
        facts = replace(image.facts, rows=pixels.shape[0], columns=pixels.shape[1])
        return replace(image, pixels=pixels, padding=padding, facts=facts)

    def mask(self) -> NDArray[np.bool_]:
        """The part of the sample's mask that lies in the box."""
        assert self.sample.mask is not None
        mask = self.sample.mask()
        return mask[self._slices(mask.shape)]

    def _slices(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        left, top = round(self.box.x), round(self.box.y)
        right, bottom = round(self.box.x + self.box.width), round(self.box.y + self.box.height)
        top, left = min(max(0, top), shape[0] - 1), min(max(0, left), shape[1] - 1)
        return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))


def crop_to_boxes(dataset: Dataset) -> Dataset:
    """The data set with every image cut to its box; parts and masks are cut along.

    A cut image counts as made, not as a file: its hash is that of its pixels.

    Raises:
        ReadableError: an image has no box, or several.
    """
    odd = next((s for s in dataset.samples if len(s.boxes) != 1), None)
    if odd is not None:
        raise ReadableError(
            f"{odd.sample_id} of {dataset.name} has {len(odd.boxes)} boxes, and an image is cut to "
            "one. Leave crop out, or use a data set with one box an image, such as cub or cars."
        )
    return replace(dataset, samples=tuple(_cropped(sample) for sample in dataset.samples))


def _cropped(sample: Sample) -> Sample:
    image = CroppedImage(sample)
    box = image.box
    inside = tuple(
        Part(part.name, part.x - round(box.x), part.y - round(box.y))
        for part in sample.parts
        if box.x <= part.x <= box.x + box.width and box.y <= part.y <= box.y + box.height
    )
    return replace(
        sample,
        make=image.load,
        mask=None if sample.mask is None else image.mask,
        parts=inside,
        boxes=(Box(0.0, 0.0, box.width, box.height, box.finding),),
    )
