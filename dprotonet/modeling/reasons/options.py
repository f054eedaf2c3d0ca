"""What is asked of the options of a network whose logits are sums over named reasons. No torch."""

from __future__ import annotations

from typing import Literal, Protocol

ReasonKind = Literal["prototype", "concept", "other"]
"""prototype: how similar an image is to training images; concept: how far it shows what has a
name; other: what a network with concepts finds beside them."""


class Parted(Protocol):
    """Options of a network whose tensors are hashed by part."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What is hashed apart."""

    def part_of(self, key: str) -> str:
        """The part that the tensor of this state key belongs to."""


class ReasonsOptions(Parted, Protocol):
    """How such a network's last layer is built, whatever stands in front of it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the logits."""

    @property
    def multi_label(self) -> bool:
        """Whether an image has any number of the classes."""

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """The P names of the reasons."""

    @property
    def prototype_classes(self) -> tuple[int, ...]:
        """Index of the class that each of the P speaks for first."""

    @property
    def prototype_kinds(self) -> tuple[ReasonKind, ...]:
        """What each of the P is."""
