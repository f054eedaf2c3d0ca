"""Synthetic frontal chest films with known findings, made from a seed."""

from training.datasets.phantom.dataset import PhantomSample, as_image, phantom_samples
from training.datasets.phantom.dicom_writer import (
    DicomOptions,
    FilmWindow,
    write_dicom,
    write_frames,
)
from training.datasets.phantom.facts import (
    DEVICES,
    FINDINGS,
    VIEWS,
    FilmFacts,
    Shortcut,
    draw_facts,
)
from training.datasets.phantom.folder import write_folder
from training.datasets.phantom.generator import PhantomFilm, generate, render

__all__ = [
    "DEVICES",
    "FINDINGS",
    "VIEWS",
    "DicomOptions",
    "FilmFacts",
    "FilmWindow",
    "PhantomFilm",
    "PhantomSample",
    "Shortcut",
    "as_image",
    "draw_facts",
    "generate",
    "phantom_samples",
    "render",
    "write_dicom",
    "write_folder",
    "write_frames",
]
