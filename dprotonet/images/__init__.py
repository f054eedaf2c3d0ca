"""One reader for application, shell and training: file in, image on its stored grid out."""

from dprotonet.images.hashes import file_sha256, pixel_sha256
from dprotonet.images.limits import Limits
from dprotonet.images.reading import inspect, look, read, read_frames
from dprotonet.images.types import (
    DicomFacts,
    GrayOrColourImage,
    ImageFacts,
    Spacing,
)
from dprotonet.images.walk import FoundFile, walk
from dprotonet.images.windows import VoiTable, Window

__all__ = [
    "DicomFacts",
    "FoundFile",
    "GrayOrColourImage",
    "ImageFacts",
    "Limits",
    "Spacing",
    "VoiTable",
    "Window",
    "file_sha256",
    "inspect",
    "look",
    "pixel_sha256",
    "read",
    "read_frames",
    "walk",
]
