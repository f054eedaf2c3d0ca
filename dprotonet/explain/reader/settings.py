"""How a mask reader is trained: one frozen dataclass. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from dprotonet.explain.settings import FILLS
from dprotonet.modeling.options import PRECISIONS


@dataclass(frozen=True)
class ReaderSettings:
    """The defaults are what bundles of this project are given."""

    steps: int = 600  # at most
    batch: int = 12  # images a step
    cells: int = 56  # along a side of the maps
    areas: tuple[float, float] = (0.005, 0.5)  # fraction of the image; its logarithm is uniform
    sharpness: float = 8.0  # of a mask's edge, per standard deviation of the map
    edged: bool = False  # masks are 0 or 1, with the gradient of smooth ones
    fills: tuple[str, ...] = FILLS  # in turns, each of a random strength
    rate: float = 3e-3  # of Adam, falling to 0 along a cosine
    steady: float = 0.3  # weight of how far a map is moved by noise, in standard deviations
    averaging: float = 0.98  # of the averaged weights, that a step keeps; the average is validated
    noise: float = 0.2  # standard deviation of what is added before reading, of normalised images
    jpeg: float = 0.0  # fraction of the steps in which images are read through a JPEG file
    shift: int = 3  # px that an image is moved by, at most
    smoothness: float = 0.2  # weight of the mean difference between neighbouring cells
    body: float = 1.0  # weight of what is marked beside the body, where the body is known
    strongest: int = 5  # prototypes of an image among which one is drawn
    leading: float = 0.7  # fraction of the class nodes that are the image's highest class
    validate_every: int = 100  # steps
    validation_images: int = 16  # at most
    validation_areas: tuple[float, ...] = (0.02, 0.08, 0.25)
    patience: int = 3  # validations in a row without a gain, after which training stops
    precision: str = "auto"  # of the network's passes

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        low, high = self.areas
        if not 0 < low <= high < 1 or not all(0 < area < 1 for area in self.validation_areas):
            raise ValueError("areas are fractions between 0 and 1, the smaller one first.")
        whole = (self.steps, self.batch, self.strongest, self.validate_every, self.patience)
        if min(whole) < 1 or self.validation_images < 1 or not self.validation_areas:
            raise ValueError("steps, batch, strongest, validations and patience are at least 1.")
        if self.cells < 4:
            raise ValueError("cells are at least 4 a side.")
        if not self.fills or not set(self.fills) <= set(FILLS):
            raise ValueError(f"fills are some of {', '.join(FILLS)}.")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is one of {', '.join(PRECISIONS)}.")
        if (
            min(self.noise, self.shift, self.smoothness, self.body, self.steady) < 0
            or self.rate <= 0
        ):
            raise ValueError("noise, shift and weights are at least 0, the rate is above 0.")
        if not 0 <= self.leading <= 1 or not 0 <= self.jpeg <= 1 or not 0 <= self.averaging < 1:
            raise ValueError("leading and jpeg are fractions, averaging is one below 1.")
