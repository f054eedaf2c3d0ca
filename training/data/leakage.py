"""Leakage: a patient on two sides of a split, or one image under two names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from dprotonet.errors import ReadableError
from dprotonet.images.hashes import file_sha256
from training.data.placed_images import PlacedImages
from training.datasets.samples import Sample


def check_leakage(images: PlacedImages, sides: Mapping[str, Tensor]) -> None:
    """Refuse a split that puts a patient, or an identical image, on two sides.

    Two images are identical when their files are, or when they become the same placed pixels.

    Args:
        images: of all samples.
        sides: rows of each side by its name, ``(n,)``.

    Raises:
        ReadableError: naming two samples and their sides.
    """
    first_use: dict[tuple[str, str], tuple[str, int]] = {}
    pixels = images.pixel_sha256s
    for side, rows in sides.items():
        for row in rows.tolist():
            sample = images.samples[row]
            for kind, key in (
                ("patient", sample.patient_id),
                *(("file", digest) for digest in _files(sample, images.sha256s[row])),
                ("picture", pixels[row]),
            ):
                first_side, first_row = first_use.setdefault((kind, key), (side, row))
                if first_side != side:
                    raise _leak(kind, images.samples[first_row], first_side, sample, side)


def group_duplicates(images: PlacedImages) -> PlacedImages:
    """The images, with one patient id for all patients who have an identical image.

    Patients that are linked by a chain of identical images become one, under the id that comes
    first in alphabetical order.
    """
    parent: dict[str, str] = {}  # union-find

    def root(patient: str) -> str:
        while parent.setdefault(patient, patient) != patient:
            patient = parent[patient]
        return patient

    patients_of: dict[str, list[str]] = defaultdict(list)
    for sample, digest, pixels in zip(
        images.samples, images.sha256s, images.pixel_sha256s, strict=True
    ):
        for file in _files(sample, digest):
            patients_of[file].append(sample.patient_id)
        patients_of[pixels].append(sample.patient_id)
    for patients in patients_of.values():
        first, *later = sorted({root(patient) for patient in patients})
        for patient in later:
            parent[patient] = first
    samples = tuple(replace(s, patient_id=root(s.patient_id)) for s in images.samples)
    return replace(images, samples=samples)


def _files(sample: Sample, digest: str) -> tuple[str, ...]:
    """Names of a sample's file: the hash it is known by, and that of the file under a mark."""
    if sample.make is None or sample.path is None:
        return (digest,)
    return digest, file_sha256(sample.path)


def _leak(kind: str, first: Sample, first_side: str, second: Sample, side: str) -> ReadableError:
    both = f"{first.sample_id} ({first_side}) and {second.sample_id} ({side})"
    if kind == "patient":
        return ReadableError(
            f"Patient {first.patient_id} is on two sides of the split: {both}. "
            "Give --set split=patient, which leaves the set's own split out."
        )
    return ReadableError(
        f"One {kind} is on two sides of the split under two names: {both}. Remove one of them, "
        "or give --set duplicates=group, which takes their patients for one."
    )
