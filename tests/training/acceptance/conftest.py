"""Twelve phantom images of a site, by class, and a small bundle of the phantom's classes."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from dprotonet.bundle.bundle import Bundle
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.datasets.phantom.export import write_folder
from training.datasets.phantom.parameters import FINDINGS


@pytest.fixture(scope="package")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Of random weights, which knows the phantom's findings."""
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny", FINDINGS)


@pytest.fixture(scope="package")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``python -m training phantom`` writes: DICOM files with a table."""
    folder = tmp_path_factory.mktemp("phantoms")
    write_folder(folder, 12, 5, size=128)
    return folder


@pytest.fixture
def by_class(exported: Path, tmp_path: Path) -> Path:
    """The same twelve images in one sub-folder for each class."""
    return class_folders(exported, tmp_path / "site")


def class_folders(exported: Path, folder: Path) -> Path:
    """Copy the images of a table into one sub-folder for each class."""
    with (exported / "labels.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            target = folder / row["finding"] / Path(row["file"]).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(exported / row["file"], target)
    return folder
