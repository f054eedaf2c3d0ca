"""Phantom images as a data set: listed at once, each rendered when it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.datasets.phantom.generator import PhantomImage, render
from training.datasets.phantom.noise import derive, stream
from training.datasets.phantom.parameters import (
    DEVICES,
    FINDINGS,
    CaseFacts,
    Shortcut,
    draw_facts,
)
from training.datasets.samples import Evidence, pixels_sha256

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

TOKEN = "token"  # the concept of the shortcut's mark
FORMATS = ((1.0, 1.0), (1.0, 0.84), (0.84, 1.0))
"""Sides of an image as fractions of the longer one; most images are square."""


@dataclass(frozen=True)
class PhantomSample:
    """One image of the phantom set; ``load`` renders it again each time, always the same.

    Attributes:
        facts: what the image shows; enough to render it.
        sample_id: stable name.
        patient_id: images of one patient share it; splits go by it.
        label: index into FINDINGS.
    """

    facts: CaseFacts
    sample_id: str
    patient_id: str
    label: int
    path: Path | None = None
    boxes: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def view(self) -> str:
        """ "PA" or "AP"."""
        return self.facts.view

    def image(self) -> PhantomImage:
        """Make the image with all its masks."""
        return render(self.facts)

    def load(self) -> GrayOrColourImage:
        """The image as the library reads it from a 16-bit DICOM file."""
        return as_image(self.image())

    def mask(self) -> NDArray[np.bool_]:
        """``(H, W)`` bool, where the finding is; nowhere for the class "none"."""
        return self.image().masks["finding"]

    def evidence(self) -> Evidence:
        """The finding: its mask, and the image without it, with nothing else changed."""
        clear = render(replace(self.facts, finding="none"))
        return Evidence("finding", self.mask(), as_image(clear))

    @property
    def concepts(self) -> tuple[tuple[str, bool], ...]:
        """What the image is known to show beside its class."""
        devices = tuple((name, name in self.facts.devices) for name in DEVICES)
        return (*devices, (TOKEN, self.facts.shortcut_token))

    def image_sha256(self, image: GrayOrColourImage | None = None) -> str:
        """Hash of shape and pixels, whatever file the image is written to.

        Args:
            image: the result of :meth:`load`, so that it need not be rendered again.
        """
        return pixels_sha256(self.image().pixels if image is None else image.pixels)


def as_image(image: PhantomImage) -> GrayOrColourImage:
    """An image in memory as a grey image with one window over its full range."""
    from dprotonet.images.types import DicomFacts, GrayOrColourImage, ImageFacts, Spacing
    from dprotonet.images.windows import Window

    facts = image.facts
    dicom = DicomFacts(
        photometric="MONOCHROME2", modality="DX", view_position=facts.view, body_part="CHEST"
    )
    return GrayOrColourImage(
        pixels=image.pixels,
        windows=(Window(centre=32768.0, width=65536.0, name="FULL"),),
        inverted=False,
        padding=None,
        facts=ImageFacts("dicom", facts.rows, facts.columns, 1, False, 16, dicom),
        spacing=Spacing(image.spacing_mm, image.spacing_mm, "ImagerPixelSpacing"),
    )


def phantom_samples(
    seed: int,
    n: int,
    *,
    size: int = 512,
    shortcut: Shortcut | None = None,
    difficulty: float = 1.0,
) -> tuple[PhantomSample, ...]:
    """List ``n`` images without rendering any.

    Image ``i`` depends on ``(seed, i)`` alone, not on ``n``. A patient has one to four images, in
    either view, with a finding drawn for each.

    Args:
        seed: of the whole set.
        n: images.
        size: the longer side in px.
        shortcut: a token that goes with a class.
        difficulty: 1 is usual, lower is easier.
    """
    samples: list[PhantomSample] = []
    patient = 0
    while len(samples) < n:
        patient_seed = derive(seed, "patient", patient)
        images = int(stream(patient_seed, "films").choice((1, 2, 3, 4), p=(0.5, 0.25, 0.15, 0.1)))
        for _ in range(min(images, n - len(samples))):
            index = len(samples)
            image_seed = derive(seed, "film", index)  # a changed name would change the images
            rng = stream(image_seed, "class")
            label = int(rng.integers(len(FINDINGS)))
            form = FORMATS[int(stream(image_seed, "format").choice(3, p=(0.6, 0.25, 0.15)))]
            facts = draw_facts(
                image_seed,
                FINDINGS[label],
                shape=(round(size * form[0]), round(size * form[1])),
                patient_seed=patient_seed,
                shortcut=shortcut,
                difficulty=difficulty,
            )
            samples.append(
                PhantomSample(
                    facts=facts,
                    sample_id=f"phantom-{seed}-{index:05d}",
                    patient_id=f"phantom-{seed}-p{patient:05d}",
                    label=label,
                )
            )
        patient += 1
    return tuple(samples)
