"""The windows that the viewer offers beside those of the file, each with its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from dprotonet.images.types import GrayOrColourImage
from dprotonet.images.windows import Window, percentile_window

Group = Literal["file", "image", "standard"]
"""Where a window comes from: the file, the values of this image, or usage for its modality."""

_PERCENTILES = ((1, 99), (5, 95))
_SAMPLE = 1 << 18  # values that are enough for percentiles
# Usual windows for CT, in Hounsfield units. Other modalities have no unit that scanners share.
_LUNG, _MEDIASTINUM = Window(-600, 1500, "Lung"), Window(50, 350, "Mediastinum")
_SOFT, _LIVER = Window(50, 400, "Soft tissue"), Window(30, 150, "Liver")
_BRAIN, _SUBDURAL = Window(40, 80, "Brain"), Window(75, 215, "Subdural")
_BONE = Window(400, 1800, "Bone")
_CT = {
    "CHEST": (_LUNG, _MEDIASTINUM, _BONE),
    "ABDOMEN": (_SOFT, _LIVER, _BONE),
    "PELVIS": (_SOFT, _BONE),
    "HEAD": (_BRAIN, _SUBDURAL, _BONE),
    "BRAIN": (_BRAIN, _SUBDURAL, _BONE),
    "SKULL": (_BRAIN, _SUBDURAL, _BONE),
    "SPINE": (_SOFT, _BONE),
}
_ANY_CT = (_LUNG, _SOFT, _BRAIN, _BONE)


def presets(image: GrayOrColourImage) -> list[tuple[Group, Window]]:
    """Every window of a grey image in the order of its keys; none of a colour image.

    The file's own come first and have a name each, then those by percentile, then, for CT, the
    usual ones of the body part.
    """
    if image.is_colour:
        return []
    offered: list[tuple[Group, Window]] = [
        ("file", _named(window, number)) for number, window in enumerate(image.windows)
    ]
    names = {window.name for _, window in offered}
    added = [*(("image", window) for window in _by_percentile(image)), *_standard(image)]
    return offered + [(group, window) for group, window in added if window.name not in names]


def _named(window: Window, number: int) -> Window:
    if window.name:
        return window
    name = f"Window {number + 1}" if number else "File's window"
    return Window(window.centre, window.width, name, window.function, window.table)


def _by_percentile(image: GrayOrColourImage) -> Iterator[Window]:
    values = image.pixels.reshape(-1)
    step = max(1, values.size // _SAMPLE)
    keep = None if image.padding is None else ~image.padding.reshape(-1)[::step]
    for low, high in _PERCENTILES:
        yield percentile_window(values[::step], keep, low=low, high=high)


def _standard(image: GrayOrColourImage) -> Iterator[tuple[Group, Window]]:
    dicom = image.facts.dicom
    if dicom is None or dicom.modality != "CT" or image.rescale is None:
        return
    if image.rescale.unit != "HU":
        return
    part = dicom.body_part.upper()
    windows = next((found for name, found in _CT.items() if name in part), _ANY_CT)
    for window in windows:
        yield "standard", window
