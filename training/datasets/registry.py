"""The data set that a recipe names, opened by the module of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets import (
    cars,
    cbis_ddsm,
    chexpert,
    cub,
    dicom_csv,
    elpv,
    folder,
    ham10000,
    medmnist,
    nih,
    palm,
    rsna,
    vindr,
)
from training.datasets.patients.unnamed import unnamed
from training.datasets.planted.dataset import plant
from training.datasets.samples import Dataset, Sample
from training.datasets.tabular import dataset as tabular
from training.recipe import DatasetKind, Recipe

PHANTOM_LICENCE = "Synthetic images made by this project, Apache-2.0."
PHANTOM_NOTE = "No image shows a person; findings are drawn, and their masks are known."


def open_dataset(recipe: Recipe, data: Path | None) -> Dataset:
    """Open the recipe's data set, with the marks that the recipe plants, and without the names of
    files where it says so.

    Args:
        data: its folder; the phantom makes its images, and elpv may be installed as a package.

    Raises:
        ReadableError: the folder is not given, missing or not in the expected layout, no mark can
            be planted on its images, or the salt of their names cannot be had.
    """
    dataset = _open(recipe, data)
    if recipe.unnamed and data is not None:
        dataset = unnamed(dataset, data)
    if recipe.planted != "none":
        dataset = plant(dataset, recipe.planted, recipe.planted_class, seed=recipe.planted_seed)
    if recipe.split == "official":
        return dataset
    return replace(dataset, samples=tuple(replace(s, official_split="") for s in dataset.samples))


MULTI_LABEL = frozenset(("nih", "vindr", "chexpert", "dicom_csv", "medmnist"))


def _open(recipe: Recipe, data: Path | None) -> Dataset:
    if recipe.multi_label and recipe.dataset not in MULTI_LABEL:
        raise ReadableError(
            f"Images of {recipe.dataset} have one class each. Leave multi_label out, or use one of "
            f"{', '.join(sorted(MULTI_LABEL))}."
        )
    if recipe.dataset == "phantom":
        return phantom(recipe)
    if recipe.dataset == "elpv":
        return elpv.load(data)
    if recipe.dataset == "tabular":
        return tabular.load(data, recipe)
    if data is None:
        raise ReadableError(f"The recipe {recipe.name} needs images. Give their folder by --data.")
    return LOADERS[recipe.dataset](data, recipe)


def phantom(recipe: Recipe) -> Dataset:
    """Phantom images, listed now and made when they are loaded."""
    from training.datasets.phantom.dataset import phantom_samples
    from training.datasets.phantom.parameters import FINDINGS, Shortcut

    images = phantom_samples(
        recipe.phantom_seed,
        recipe.phantom_films,
        size=recipe.phantom_size,
        shortcut=Shortcut() if recipe.phantom_shortcut else None,
        difficulty=recipe.phantom_difficulty,
    )
    samples = tuple(
        Sample(
            image.sample_id,
            None,
            image.patient_id,
            image.label,
            image.view,
            mask=image.mask if image.label else None,
            make=image.load,
            evidence=image.evidence if image.label else None,
            concepts=image.concepts,
        )
        for image in images
    )
    return Dataset("phantom", FINDINGS, FINDINGS[0], samples, PHANTOM_LICENCE, PHANTOM_NOTE)


def _folder(data: Path, recipe: Recipe) -> Dataset:
    usual = folder.PatientTable()
    patient_table = folder.PatientTable(
        recipe.table or usual.table,
        recipe.file_column or usual.file_column,
        recipe.patient_column or usual.patient_column,
    )
    return folder.load(data, recipe.negative_class, patient_table)


def _dicom_csv(data: Path, recipe: Recipe) -> Dataset:
    return dicom_csv.load(
        data,
        table=recipe.table or "labels.csv",
        file_column=recipe.file_column or "file",
        label_column=recipe.label_column or "label",
        patient_column=recipe.patient_column or "patient",
        negative_class=recipe.negative_class,
        multi_label=recipe.multi_label,
    )


LOADERS: Mapping[DatasetKind, Callable[[Path, Recipe], Dataset]] = {
    "nih": lambda data, r: nih.load(data, r.finding, multi_label=r.multi_label),
    "rsna": lambda data, _: rsna.load(data),
    "vindr": lambda data, r: vindr.load(data, r.finding, multi_label=r.multi_label),
    "chexpert": lambda data, r: chexpert.load(
        data, r.finding, uncertain=r.uncertain, multi_label=r.multi_label
    ),
    "palm": lambda data, _: palm.load(data),
    "cbis_ddsm": lambda data, _: cbis_ddsm.load(data),
    "ham10000": lambda data, recipe: ham10000.load(data, malignant=recipe.malignant),
    "medmnist": lambda data, _: medmnist.load(data),
    "cub": lambda data, recipe: cub.load(data, first_classes=recipe.first_classes),
    "cars": lambda data, recipe: cars.load(data, first_classes=recipe.first_classes),
    "dicom_csv": _dicom_csv,
    "folder": _folder,
}
