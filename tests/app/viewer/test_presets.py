"""Which windows are offered beside the file's own."""

import numpy as np
import pytest

from app.viewer.presets import presets
from dprotonet.images.types import DicomFacts, GrayOrColourImage, ImageFacts, Rescale
from dprotonet.images.windows import Window, percentile_window

RAMP = np.arange(10_000, dtype=np.int16).reshape(100, 100)


def image(*windows: Window, rescale: Rescale | None = None, **dicom: str) -> GrayOrColourImage:
    facts = ImageFacts("dicom", 100, 100, 1, False, 16, DicomFacts(**dicom))
    return GrayOrColourImage(RAMP, windows, False, None, facts, rescale=rescale)


def names(shown: GrayOrColourImage, group: str) -> list[str]:
    return [window.name for where, window in presets(shown) if where == group]


def test_the_files_windows_come_first_and_each_has_a_name() -> None:
    shown = image(Window(5, 10), Window(6, 10, "LUNG"), Window(7, 10))
    assert names(shown, "file") == ["File's window", "LUNG", "Window 3"]
    assert [group for group, _ in presets(shown)] == ["file"] * 3 + ["image"] * 2


def test_percentiles_are_those_of_the_pixels_that_are_no_padding() -> None:
    padding = RAMP < 5000
    padded = GrayOrColourImage(RAMP, (Window(1, 2),), False, padding, image(Window(1, 2)).facts)
    _, (_, wide), (_, narrow) = presets(padded)
    assert (wide.name, narrow.name) == ("1st–99th percentile", "5th–95th percentile")
    assert narrow.centre - narrow.width / 2 == pytest.approx(5250, abs=2)
    assert wide.centre + wide.width / 2 == pytest.approx(9950, abs=2)


def test_a_window_that_the_file_lacks_and_the_reader_made_is_not_offered_twice() -> None:
    assert names(image(percentile_window(RAMP)), "image") == ["5th–95th percentile"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("CHEST", ["Lung", "Mediastinum", "Bone"]),
        ("ABDOMENPELVIS", ["Soft tissue", "Liver", "Bone"]),
        ("", ["Lung", "Soft tissue", "Brain", "Bone"]),
    ],
)
def test_ct_has_the_usual_windows_of_its_body_part(part: str, expected: list[str]) -> None:
    shown = image(Window(1, 2), modality="CT", body_part=part, rescale=Rescale(1, -1024, "HU"))
    assert names(shown, "standard") == expected


@pytest.mark.parametrize(
    ("modality", "rescale"),
    [("DX", Rescale(1, 0, "HU")), ("CT", Rescale(1, 0)), ("CT", None), ("MR", Rescale(1, 0))],
)
def test_where_values_have_no_common_unit_none_is_invented(
    modality: str, rescale: Rescale | None
) -> None:
    assert names(image(Window(1, 2), modality=modality, rescale=rescale), "standard") == []
