"""What must not stand on two sides of a split: a patient, or one image under two names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from dprotonet.errors import ReadableError
from training.data.placed_images import PlacedImages
from training.datasets.samples import Sample


def check_leakage(images: PlacedImages, sides: Mapping[str, Tensor]) -> None:
    """Refuse a split that puts a patient, or an identical image, on two sides.

    Two images are identical when their files are, or when they become the same placed pixels.

    Args:
        images: of all samples.
        sides: name of each side to the rows that stand on it, ``(n,)``.

    Raises:
        ReadableError: naming two samples and their sides.
    """
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    pixels = images.pixel_sha256s
    for side, rows in sides.items():
        for row in rows.tolist():
            sample = images.samples[row]
            for what, key in (
                ("patient", sample.patient_id),
                ("file", images.sha256s[row]),
                ("picture", pixels[row]),
            ):
                before = seen.setdefault((what, key), (side, row))
                if before[0] != side:
                    raise _leak(what, images.samples[before[1]], before[0], sample, side)


def group_duplicates(images: PlacedImages) -> PlacedImages:
    """The images with one patient for all who share an identical image.

    Patients that are linked by a chain of identical images become one, named as the first of them
    in the order of the alphabet.
    """
    chief: dict[str, str] = {}

    def find(patient: str) -> str:
        while chief.setdefault(patient, patient) != patient:
            patient = chief[patient]
        return patient

    alike: dict[str, list[str]] = defaultdict(list)
    for sample, digest, pixels in zip(
        images.samples, images.sha256s, images.pixel_sha256s, strict=True
    ):
        alike[digest].append(sample.patient_id)
        alike[pixels].append(sample.patient_id)
    for patients in alike.values():
        first, *others = sorted({find(p) for p in patients})
        for other in others:
            chief[other] = first
    samples = tuple(replace(s, patient_id=find(s.patient_id)) for s in images.samples)
    return replace(images, samples=samples)


def _leak(what: str, one: Sample, side: str, other: Sample, other_side: str) -> ReadableError:
    both = f"{one.sample_id} ({side}) and {other.sample_id} ({other_side})"
    if what == "patient":
        return ReadableError(
            f"Patient {one.patient_id} stands on two sides of the split: {both}. "
            "Give --set split=patient, which leaves the set's own split out."
        )
    return ReadableError(
        f"One {what} stands on two sides of the split under two names: {both}. Remove one of them, "
        "or give --set duplicates=group, which takes their patients for one."
    )
