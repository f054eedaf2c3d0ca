"""Whether a network calls an image's class for the evidence that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dprotonet.inference.predictor import Predictor
    from training.datasets.samples import Sample


@dataclass(frozen=True)
class EvidenceCheck:
    """An image that is called as its class, and the same image without its evidence.

    Attributes:
        kind: "finding", or what was planted, such as "text".
        class_name: the image's class.
        probability: of that class, calibrated, in [0, 1].
        probability_without: the same without the evidence.
        label_without: what is called without the evidence; None where the image is not supported.
    """

    kind: str
    class_name: str
    probability: float
    probability_without: float
    label_without: str | None

    @property
    def flips(self) -> bool:
        """Whether the call changes without the evidence: it is confirmed for this network."""
        return self.label_without != self.class_name

    @property
    def halves(self) -> bool:
        """Whether less than half of the class's probability is left without the evidence."""
        return self.probability_without < self.probability / 2


def confirmed(predictor: Predictor, sample: Sample) -> EvidenceCheck | None:
    """Take the known evidence away and see whether the call changes (``flips``).

    Args:
        predictor: without a gate, so that every image gets a label.
        sample: of a data set with the bundle's classes.

    Returns:
        None where nothing is known of the image, where it has any number of classes, or where it is
        not called as its class.
    """
    if sample.evidence is None or sample.labels is not None:
        return None
    class_name = predictor.bundle.classes[sample.label]
    prediction = predictor.predict(sample.load())
    if prediction.label != class_name:
        return None
    evidence = sample.evidence()
    without = predictor.predict(evidence.without)
    return EvidenceCheck(
        evidence.kind,
        class_name,
        prediction.probabilities[class_name],
        without.probabilities.get(class_name, 0.0),
        without.label,
    )
