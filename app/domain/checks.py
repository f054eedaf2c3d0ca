"""How a model does on a site's own images, and which calibration and threshold it is used with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dprotonet.inference.site_settings import SiteSettings


@dataclass(frozen=True)
class SiteStep:
    """One decision."""

    action: str
    """use: read new images under these settings; stop: no longer."""
    digest: str
    """Of the settings."""
    by: str
    at: str
    """ISO 8601, with a time zone."""


@dataclass(frozen=True)
class SiteState:
    """What new images are read under."""

    in_use: SiteSettings | None
    """None: the model's own calibration and threshold."""
    steps: tuple[SiteStep, ...]
    """Oldest first."""


@dataclass(frozen=True)
class CheckRequest:
    """What a check is to do."""

    folder: str
    """As :func:`dprotonet.images.file_names.stored_path` writes it."""
    by: str
    """Name of the person who asked for it."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Class of the folder to class of the model; to "" where its images are left out."""
    table: str = ""
    """Name of the CSV table with the labels; empty for a folder of classes."""
