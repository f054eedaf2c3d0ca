"""The kinds of DICOM objects that are made of a signed revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

ObjectKind = Literal["report", "segmentation", "capture", "presentation", "parametric-map"]
KINDS: tuple[ObjectKind, ...] = get_args(ObjectKind)
SHORT: Mapping[str, ObjectKind] = {
    "SR": "report",
    "SEG": "segmentation",
    "SC": "capture",
    "GSPS": "presentation",
    "PM": "parametric-map",
}
"""As a site's settings name them."""
