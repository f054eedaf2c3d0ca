"""Whether the readers agree with what a model said, image by image and over many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from app.domain.annotations import Verdict

Agreement = Literal["agreed", "disagreed", "unread"]
AGREEMENTS: tuple[Agreement, ...] = get_args(Agreement)
"""unread: nobody has signed a verdict on what this model said of the image."""
AGREEING: tuple[Verdict, ...] = ("accept", "supplement", "rightly refused")
DISAGREEING: tuple[Verdict, ...] = ("reject", "wrongly refused")


@dataclass(frozen=True)
class AgreementCounts:
    """How many images of each kind."""

    agreed: int = 0
    disagreed: int = 0
    unread: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> AgreementCounts:
        """From a count for each of :data:`AGREEMENTS`; one that is missing is 0."""
        return cls(*(counts.get(name, 0) for name in AGREEMENTS))

    @property
    def total(self) -> int:
        """Images of all three kinds."""
        return self.agreed + self.disagreed + self.unread
