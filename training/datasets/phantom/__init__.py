"""Synthetic frontal chest images with known findings, made from a seed."""

from training.datasets.phantom.dataset import PhantomSample, as_image, phantom_samples
from training.datasets.phantom.dicom.writer import (
    DicomOptions,
    ViewWindow,
    write_dicom,
    write_frames,
)
from training.datasets.phantom.export import write_folder
from training.datasets.phantom.generator import PhantomImage, generate, render
from training.datasets.phantom.parameters import (
    DEVICES,
    FINDINGS,
    VIEWS,
    CaseFacts,
    Shortcut,
    draw_facts,
)

__all__ = [
    "DEVICES",
    "FINDINGS",
    "VIEWS",
    "CaseFacts",
    "DicomOptions",
    "PhantomImage",
    "PhantomSample",
    "Shortcut",
    "ViewWindow",
    "as_image",
    "draw_facts",
    "generate",
    "phantom_samples",
    "render",
    "write_dicom",
    "write_folder",
    "write_frames",
]
