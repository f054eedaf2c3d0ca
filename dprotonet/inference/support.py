"""Whether a model has any business with an image: the verdict of its gate, and why.

No torch here: pages, the store and the shell read and write these without loading a model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Verdict = Literal["inside", "caution", "outside"]
"""Like the images a model was trained on, at their edge, or unlike them (no label is shown)."""


@dataclass(frozen=True)
class Support:
    """What a bundle's gate says of one image.

    Attributes:
        verdict: "inside"; "caution", to be shown with a warning; "outside", for which no label and
            no probability are shown.
        distance: of the image to the training images; None where the bundle has no distance, or
            the image was not measured.
        caution_from: the distance from which an image is shown with a caution.
        threshold: the distance from which an image is refused.
        reasons: why it is not "inside", in plain words, one fact each; empty for "inside".
    """

    verdict: Verdict
    distance: float | None = None
    caution_from: float | None = None
    threshold: float | None = None
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "reasons", tuple(self.reasons))
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"There is no verdict {self.verdict!r}.")
        if (self.verdict == "inside") != (not self.reasons):
            raise ValueError("Every verdict but “inside” needs a reason, and that one has none.")
        for value in (self.distance, self.caution_from, self.threshold):
            if value is not None and not math.isfinite(value):
                raise ValueError("A distance must be a finite number.")

    @property
    def supported(self) -> bool:
        """Whether a label may be shown."""
        return self.verdict != "outside"

    @property
    def sentence(self) -> str:
        """The reasons as one sentence: "Unlike what …; modality US, …."; "" without any."""
        text = "; ".join(self.reasons)
        return text[:1].upper() + text[1:] + "." if text else ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "reasons": list(self.reasons)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Support:
        """What :meth:`to_json` wrote."""
        return cls(**data)
