"""One reader for application, shell and training: file in, image on its stored grid out.

The names below are loaded at their first use: a child process that only opens archives needs no
pydicom, which is most of its memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Not later: a name that is also its module's must be bound before that module is imported.
from dprotonet.images.walk import FoundFile, walk

if TYPE_CHECKING:
    from dprotonet.images.hashes import file_sha256, pixel_sha256
    from dprotonet.images.limits import Limits
    from dprotonet.images.reader import inspect, look, read, read_frames
    from dprotonet.images.types import (
        DicomFacts,
        GrayOrColourImage,
        ImageFacts,
        Spacing,
    )
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

_HOMES = {
    "DicomFacts": "types",
    "GrayOrColourImage": "types",
    "ImageFacts": "types",
    "Limits": "limits",
    "Spacing": "types",
    "VoiTable": "windows",
    "Window": "windows",
    "file_sha256": "hashes",
    "inspect": "reader",
    "look": "reader",
    "pixel_sha256": "hashes",
    "read": "reader",
    "read_frames": "reader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
