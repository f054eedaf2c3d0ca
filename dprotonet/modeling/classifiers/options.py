"""What an imported classifier is: one frozen dataclass, kept inside its bundle.

It stands where :class:`~dprotonet.modeling.options.ModelOptions` stands in the bundle of a network
with prototypes, and answers the same questions: it has none. No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from dprotonet.modeling.options import check_classes, options_of
from dprotonet.modeling.reasons.options import ReasonKind

Source = Literal["torchvision", "monai", "onnx"]

SMALLEST_IMAGE, LARGEST_IMAGE = 32, 1024  # px


@dataclass(frozen=True)
class ClassifierOptions:
    """The choices that make one imported classifier.

    Attributes:
        classes: names, in the order of the logits.
        source: whose network it is: "torchvision", "monai", or "onnx" for one that its file
            describes.
        architecture: torchvision's or MONAI's name of it; of an ONNX file the graph's name.
        image_size: side of the square network input, in pixels.
        colour: whether the network takes three channels; otherwise one, the mean of the three.
        multi_label: an image has any number of the classes: each logit has a sigmoid of its own.
        single_logit: the network gives one number for two classes, the log-odds of the second.
    """

    classes: tuple[str, ...]
    source: Source
    architecture: str
    image_size: int = 224
    colour: bool = True
    multi_label: bool = False
    single_logit: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        check_classes(self.classes, multi_label=self.multi_label)
        if self.source not in get_args(Source):
            raise ValueError(f"source must be one of {get_args(Source)}, not {self.source!r}.")
        if not isinstance(self.architecture, str) or not self.architecture:
            raise ValueError("An imported classifier needs the name of its architecture.")
        if not SMALLEST_IMAGE <= self.image_size <= LARGEST_IMAGE:
            raise ValueError(
                f"image_size must lie between {SMALLEST_IMAGE} and {LARGEST_IMAGE} pixels, "
                f"not {self.image_size}."
            )
        if self.single_logit and (len(self.classes) != 2 or self.multi_label):
            raise ValueError("One logit stands for two classes that exclude each other.")

    @property
    def outputs(self) -> int:
        """Numbers that the network gives for an image."""
        return 1 if self.single_logit else len(self.classes)

    @property
    def channels(self) -> int:
        """Channels that the network takes."""
        return 3 if self.colour else 1

    @property
    def prototype_counts(self) -> tuple[int, ...]:
        """None of each class."""
        return (0,) * len(self.classes)

    @property
    def prototype_classes(self) -> tuple[int, ...]:
        """Of no prototype."""
        return ()

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """Of no prototype."""
        return ()

    @property
    def prototype_kinds(self) -> tuple[ReasonKind, ...]:
        """Of no prototype."""
        return ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The one part that is hashed."""
        return ("network",)

    def part_of(self, key: str) -> str:
        """The part that the tensor of this state key belongs to."""
        return "network"

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "classes": list(self.classes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClassifierOptions:
        """The options that :meth:`to_json` wrote.

        Raises:
            ValueError: an unknown option, or a value that cannot be.
        """
        return options_of(cls, data, network="a classifier")
