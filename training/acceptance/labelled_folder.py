"""A site's labelled images: a folder of classes or a table, in the words of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.datasets import dicom_csv, folder
from training.datasets.samples import Dataset, Sample

NOTHING = ""
"""What a class of the site is mapped to whose images are left out."""


@dataclass(frozen=True)
class FolderOptions:
    """How a site's folder is read.

    Attributes:
        table: name of a CSV table in the folder that has the labels; None for a folder of classes.
        file_column: of paths relative to the folder.
        label_column: of class names; of a multi-label bundle with "|" between them.
        patient_column: of whatever groups the images of one person.
        names: class of the site to class of the bundle; to :data:`NOTHING` to leave it out.
    """

    table: str | None = None
    file_column: str = "file"
    label_column: str = "label"
    patient_column: str = "patient"
    names: Mapping[str, str] | None = None


@dataclass(frozen=True)
class LabelledFolder:
    """The images of a site that are checked.

    Attributes:
        samples: with labels that are indices into the bundle's classes.
        knows_patients: whether a table says which images belong to one patient.
        not_images: how many files beside the images are no images.
        outside: how many files were left out because they lie, or lead, outside of the folder.
        unmapped: how many images were left out because their class is mapped to nothing.
    """

    samples: tuple[Sample, ...]
    knows_patients: bool
    not_images: int = 0
    outside: int = 0
    unmapped: int = 0


def open_labelled(data: Path, bundle: Bundle, options: FolderOptions) -> LabelledFolder:
    """List a site's images.

    Raises:
        ReadableError: the folder cannot be used, or its classes are not the bundle's.
    """
    dataset, knows_patients = _dataset(data, bundle, options)
    index = _class_indices(dataset, bundle, options.names or {})
    root = data.resolve()
    samples: list[Sample] = []
    outside = unmapped = 0
    for sample in dataset.samples:
        if sample.path is None or not sample.path.resolve().is_relative_to(root):
            outside += 1  # a link, or a row of the table, leads out of what was named
            continue
        mapped = _mapped(sample, index)
        if mapped is None:
            unmapped += 1
        else:
            samples.append(mapped)
    if not samples:
        raise ReadableError(
            "No image of this folder has a class of the model. Put images of at least two classes "
            "into it, or correct --map."
        )
    return LabelledFolder(tuple(samples), knows_patients, len(dataset.skipped), outside, unmapped)


def _dataset(data: Path, bundle: Bundle, options: FolderOptions) -> tuple[Dataset, bool]:
    multi_label = bundle.multi_label
    if options.table is not None:
        dataset = dicom_csv.load(
            data,
            table=options.table,
            file_column=options.file_column,
            label_column=options.label_column,
            patient_column=options.patient_column,
            multi_label=multi_label,
        )
        return dataset, True
    if multi_label:
        raise ReadableError(
            "This model says any number of classes of one image, which sub-folders cannot hold. "
            "Give a table with --table, whose label column has the classes with | between them."
        )
    dataset = folder.load(data)
    return dataset, not dataset.note


def _class_indices(
    dataset: Dataset, bundle: Bundle, names: Mapping[str, str]
) -> tuple[int | None, ...]:
    """Of each class of the site the bundle's index; None for one that is left out."""
    known = ", ".join(bundle.classes)
    by_folded = {name.casefold(): k for k, name in enumerate(bundle.classes)}
    for site_name, name in names.items():
        if site_name not in dataset.classes:
            raise ReadableError(
                f"--map names {site_name!r}, which is no class of the folder. It has: "
                f"{', '.join(dataset.classes)}."
            )
        if name != NOTHING and name not in bundle.classes:
            raise ReadableError(
                f"--map gives {site_name!r} the class {name!r}, which {bundle.name} does not "
                f"know. It knows: {known}."
            )
    indices: list[int | None] = []
    for name in dataset.classes:
        mapped = names.get(name, name)
        if mapped == NOTHING:
            indices.append(None)
        elif mapped.casefold() in by_folded:
            indices.append(by_folded[mapped.casefold()])
        else:
            raise ReadableError(
                f"The folder has the class {name!r}, which {bundle.name} does not know. It knows: "
                f"{known}. Say which is meant with --map {name!r}=CLASS, or leave its images out "
                f"with --map {name!r}=."
            )
    return tuple(indices)


def _mapped(sample: Sample, index: tuple[int | None, ...]) -> Sample | None:
    if sample.labels is None:
        label = index[sample.label]
        return None if label is None else replace(sample, label=label)
    labels = {index[k] for k in sample.labels} - {None}
    return replace(sample, labels=tuple(sorted(k for k in labels if k is not None)))
