"""A bundle's network before and after it learned, on the same images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.editing.figures import figures_and_calls
from dprotonet.inference.calibration import Calibration
from training.fitting.fit import FittedNetwork
from training.learning.judged_images import JudgedImages
from training.learning.reopened import Reopened
from training.learning.taught import Taught


@dataclass(frozen=True, eq=False)
class Comparison:
    """What learning changed.

    Attributes:
        validation: figures before and after, and how many images are called something else.
        test: the same, without patients of whom an image was judged; None where none is left.
        left_out: test images of those patients.
        forgotten: each prototype or concept called an artefact, with its measure on the judged
            image before and after.
        remembered: the same of the useful ones.
        measure: "similarity" or "evidence", see :class:`training.learning.taught.Taught`.
        corrected_images: each whose class was corrected, with its probability before and after.
    """

    validation: dict[str, Any]
    test: dict[str, Any] | None
    left_out: int
    forgotten: list[dict[str, Any]]
    remembered: list[dict[str, Any]]
    measure: str = "similarity"
    corrected_images: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))


def compare(opened: Reopened, taught: Taught, judged: JudgedImages) -> Comparison:
    """A network as it was and as it was taught, on validation, test and the judged images."""
    before, after, seen = taught.before, taught.after, taught.seen
    rows, patients = opened.rows, opened.context.images.patients
    test = rows.test.numpy()
    clean = test[~judged.are_of(patients[test])] if len(test) else test
    ids = opened.bundle.prototype_ids

    def changes(pairs: Tensor) -> list[dict[str, Any]]:
        return [
            {
                "prototype": ids[p],
                "image": judged.names[at][:16],
                "before": round(float(seen[0][at, p]), 4),
                "after": round(float(seen[1][at, p]), 4),
            }
            for at, p in pairs.tolist()
        ]

    return Comparison(
        _figures(opened, before, after, rows.validation.numpy()),
        _figures(opened, before, after, clean) if len(clean) else None,
        len(test) - len(clean),
        changes(judged.artefacts),
        changes(judged.useful),
        taught.measure,
        taught.corrected,
    )


def _figures(
    opened: Reopened, before: FittedNetwork, after: FittedNetwork, at: NDArray[np.int64]
) -> dict[str, Any]:
    labels = opened.context.images.labels.numpy()[at]
    results = []
    for fitted in (before, after):
        calibration = Calibration(
            fitted.temperature, fitted.threshold, fitted.thresholds, fitted.offsets
        )
        bundle = opened.bundle
        results.append(
            figures_and_calls(
                fitted.logits[at], labels, calibration, bundle.classes, bundle.negative_class
            )
        )
    (old, old_calls), (new, new_calls) = results
    changed = int((old_calls != new_calls).any(axis=1).sum())
    return {
        "images": len(at),
        "before": old.to_json(),
        "after": new.to_json(),
        "calls_changed": changed,
        "calls_changed_fraction": round(changed / max(1, len(at)), 4),
    }
