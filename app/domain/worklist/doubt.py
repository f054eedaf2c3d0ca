"""How doubtful a case is, as one number that the list is sorted by, and why.

Before somebody signs it that is a doubt in the prediction: it is near a threshold, or made under
caution. From then on it is the reader's own, who may have signed without being sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

DoubtReason = Literal["threshold", "caution", "prototypes", "confidence"]
"""threshold: the probability is near to where the call changes; caution: the gate says so;
prototypes: no prototype is close; confidence: the reader was not sure."""
DOUBT_REASONS: tuple[DoubtReason, ...] = get_args(DoubtReason)
SURE = 5  # the highest confidence of a signature; 1 is a guess


@dataclass(frozen=True)
class Doubt:
    """How much, and why."""

    value: float
    """In [0, 1]; 1 on the threshold, under the gate's caution, and for a guess."""
    reason: DoubtReason

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"doubt lies in [0, 1], not at {self.value}")


def of_prediction(said: Mapping[str, Any], *, finding: float | None) -> Doubt | None:
    """What is doubtful in a prediction.

    Args:
        said: the prediction as :meth:`dprotonet.inference.prediction.Prediction.to_json` wrote it.
        finding: the probability of a finding, where it is known.

    Returns:
        None where the model made no call.
    """
    if said.get("label") is None:
        return None
    caution = (said.get("support") or {}).get("verdict") == "caution"
    if caution:
        return Doubt(1.0, "caution")
    if said.get("no_prototype_is_close"):
        return Doubt(1.0, "prototypes")
    return Doubt(_nearness(said, finding), "threshold")


def of_signature(confidence: int) -> Doubt:
    """What a reader's confidence leaves open.

    Args:
        confidence: 1 (guess) to 5 (certain).
    """
    return Doubt((SURE - confidence) / (SURE - 1), "confidence")


def nearness(probability: float, threshold: float) -> float:
    """How near a probability is to its threshold: 1 on it, falling evenly to 0 at 0 and at 1."""
    room = 1.0 - threshold if probability >= threshold else threshold
    return 1.0 if room <= 0 else 1.0 - abs(probability - threshold) / room


def _nearness(said: Mapping[str, Any], finding: float | None) -> float:
    """How little would have changed the call."""
    probabilities: Mapping[str, float] = said["probabilities"]
    thresholds: Mapping[str, float] | None = said.get("thresholds")
    threshold: float | None = said.get("threshold")
    if thresholds is not None:
        return max(nearness(p, thresholds[name]) for name, p in probabilities.items())
    if threshold is not None and finding is not None:
        return nearness(finding, threshold)
    first, second = next(pairwise(sorted((*probabilities.values(), 0.0), reverse=True)))
    return 1.0 - (first - second)
