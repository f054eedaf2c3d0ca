"""What a model says about one image, and the rule that turns probabilities into a label.

No torch here: pages, the store and the shell read and write these without loading a model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class PrototypeMatch:
    """How one prototype spoke for or against the predicted class.

    Attributes:
        prototype: its id, such as "p07".
        class_name: the class it belongs to.
        similarity: of the image's pooled vector to it; cosine in [-1, 1], or log similarity.
        contribution: signed, to the predicted class's logit; all contributions sum to that logit.
    """

    prototype: str
    class_name: str
    similarity: float
    contribution: float


@dataclass(frozen=True)
class Prediction:
    """What a model says about one image.

    Attributes:
        label: the class that :func:`decide` chose.
        probabilities: class name to calibrated probability, softmax(logits / temperature).
        logits: class name to logit, before the temperature.
        threshold: the decision threshold in use, None where the most probable class wins.
        matches: every prototype, largest absolute contribution first.
        closest_similarity: largest similarity among all prototypes.
        no_prototype_is_close: closest_similarity is below what 99 % of the training images had to a
            prototype of their own class.
        seconds: from pixels to this.
        bundle: digest of the bundle, 64 hex digits.
    """

    label: str
    probabilities: dict[str, float]
    logits: dict[str, float]
    threshold: float | None
    matches: tuple[PrototypeMatch, ...]
    closest_similarity: float
    no_prototype_is_close: bool
    seconds: float
    bundle: str

    def __post_init__(self) -> None:
        if self.label not in self.probabilities or set(self.logits) != set(self.probabilities):
            raise ValueError("Label, probabilities and logits must name the same classes.")
        if not math.isclose(math.fsum(self.probabilities.values()), 1.0, abs_tol=1e-6):
            raise ValueError("The probabilities do not sum to 1.")

    @property
    def probability(self) -> float:
        """Calibrated probability of the label."""
        return self.probabilities[self.label]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "matches": [asdict(match) for match in self.matches]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prediction:
        """The prediction that :meth:`to_json` wrote."""
        matches = tuple(PrototypeMatch(**match) for match in data["matches"])
        return cls(**{**data, "matches": matches})


def decide(
    probabilities: Mapping[str, float],
    *,
    negative_class: str | None = None,
    threshold: float | None = None,
) -> str:
    """The label for one image; the one decision rule of the whole project.

    With a negative class and a threshold: if 1 - p(negative) reaches the threshold, the most
    probable other class, else the negative class. Without: the most probable class. Of equals, the
    one named first wins.

    Args:
        probabilities: class name to probability, in the order of the classes.
        negative_class: the class that means "nothing found".
        threshold: in [0, 1].
    """
    if negative_class is None or threshold is None:
        return max(probabilities, key=probabilities.__getitem__)
    if 1.0 - probabilities[negative_class] >= threshold:
        others = {name: p for name, p in probabilities.items() if name != negative_class}
        return max(others, key=others.__getitem__)
    return negative_class
