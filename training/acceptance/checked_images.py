"""The images of a check: as scored predictions, and what the results say of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dprotonet.bundle.bundle import Bundle
from training.acceptance.labelled_folder import LabelledFolder
from training.acceptance.readings import Reading, Unreadable
from training.data.placed_images import labels_of
from training.evaluation.scored_predictions import ScoredPredictions


def scored_of(
    bundle: Bundle, listed: LabelledFolder, readings: Sequence[Reading]
) -> ScoredPredictions:
    """The readings as what every figure of merit is computed from."""
    samples = [reading.sample for reading in readings]
    probabilities = [
        [reading.prediction.probabilities[name] for name in bundle.classes] for reading in readings
    ]
    return ScoredPredictions(
        bundle.classes,
        bundle.negative_class,
        np.array(probabilities, dtype=np.float64),
        labels_of(samples, len(bundle.classes)),
        patients_of(listed, readings),
        np.array([reading.groups.get("view", "") for reading in readings]),
        bundle.threshold,
        thresholds=bundle.thresholds,
    )


def patients_of(listed: LabelledFolder, readings: Sequence[Reading]) -> np.ndarray:
    """``(N,)``: what the bootstrap draws. Without a table of patients the same file under two
    names is drawn as one."""
    return np.array(
        [r.sample.patient_id if listed.knows_patients else r.image_sha256 for r in readings]
    )


def data_facts(
    bundle: Bundle,
    listed: LabelledFolder,
    readings: Sequence[Reading],
    unreadable: Sequence[Unreadable],
) -> dict[str, Any]:
    """What was checked, as the results say it."""
    counts = Counter(bundle.classes[k] for reading in readings for k in reading.sample.classes)
    labels: dict[str, set[tuple[int, ...]]] = {}
    for reading in readings:
        labels.setdefault(reading.image_sha256, set()).add(reading.sample.classes)
    return {
        "images": len(readings),
        "patients": len(set(patients_of(listed, readings).tolist()))
        if listed.knows_patients
        else None,
        "interval_by": "patient" if listed.knows_patients else "image",
        "images_by_class": {name: counts[name] for name in bundle.classes},
        "unreadable": [asdict(file) for file in unreadable],
        "not_images": listed.not_images,
        "outside_of_the_folder": listed.outside,
        "classes_left_out": listed.unmapped,
        "duplicates": len(readings) - len(labels),
        "duplicates_of_two_classes": sum(len(given) > 1 for given in labels.values()),
        "images_sha256": images_digest(readings),
    }


def images_digest(readings: Sequence[Reading]) -> str:
    """SHA-256 over the sorted hashes of the images: names what was checked."""
    hashes = sorted(reading.image_sha256 for reading in readings)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
