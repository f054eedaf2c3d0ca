"""Every file of pydicom's own test set and of pydicom-data: read, or a clear error."""

import warnings
from collections import Counter
from pathlib import Path

import data_store
import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.reader import inspect, read_image
from dprotonet.images.walk import walk

FOLDERS = (
    Path(pydicom.__file__).parent / "data" / "test_files",
    Path(pydicom.__file__).parent / "data" / "charset_files",
    Path(pydicom.__file__).parent / "data" / "palettes",
    Path(data_store.__file__).parent / "data",
)
# pydicom 3.0.2 and pydicom-data 1.0.0, as they install, nothing downloaded. Of the unreadable, 59
# are headers without pixels and the others are made to be damaged.
EXPECTED = {"decoded": 170, "unreadable": 65, "no image": 36}
MADE_TO_FAIL = {
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "badVR.dcm",
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[Path, str | UnreadableImage]:
    result: dict[Path, str | UnreadableImage] = {}
    for file in walk(FOLDERS):
        try:
            image = read_image(file.path)
            displayed = image.unit()
            assert displayed.dtype == np.float32 and displayed.shape[:2] == image.shape
            assert np.isfinite(displayed).all() and displayed.min() >= 0 and displayed.max() <= 1
            assert image.display().dtype == np.uint8
            facts = inspect(file.path)
            assert facts == image.facts and (facts.rows, facts.columns) == image.shape
            result[file.path] = "decoded"
        except UnreadableImage as error:
            result[file.path] = error
    return result


def test_the_count_of_files_that_decode_is_exact(outcomes):
    kinds = Counter(
        "decoded"
        if outcome == "decoded"
        else "no image"
        if isinstance(outcome, NotAnImage)
        else "unreadable"
        for outcome in outcomes.values()
    )
    assert dict(kinds) == EXPECTED


def test_every_error_is_a_fact_and_a_mend(outcomes):
    errors = [outcome for outcome in outcomes.values() if outcome != "decoded"]
    for error in errors:
        text = str(error)
        assert text[0].isupper() and text.endswith(".") and ". " in text
        assert "Traceback" not in text and len(text) < 500


def test_only_files_made_to_fail_have_pixels_that_are_not_decoded(outcomes):
    failed = {
        path.name
        for path, outcome in outcomes.items()
        if isinstance(outcome, UnreadableImage)
        and not isinstance(outcome, NotAnImage)
        and "no pixels" not in str(outcome)
        and path.suffix == ".dcm"
    }
    assert failed == MADE_TO_FAIL | {"no_meta.dcm"}


def test_grey_values_and_windows_agree_with_pydicom(outcomes):
    compared = {"values": 0, "windows": 0}
    for path, outcome in outcomes.items():
        image = read_image(path) if outcome == "decoded" else None
        if image is None or image.is_colour or image.padding is not None:
            continue
        with warnings.catch_warnings(action="ignore"):
            ds = pydicom.dcmread(path, force=True)
        # pydicom's functions do not look into functional groups, and it drops pixels that lack
        # their end even where the first frames are whole.
        if "PerFrameFunctionalGroupsSequence" in ds or "PixelData" not in ds:
            continue
        stored = ds.pixel_array[0] if image.facts.frames > 1 else ds.pixel_array
        values = apply_modality_lut(stored, ds)
        # Decoders of lossy JPEG may differ by one: the standard allows it.
        lossy = ds.file_meta.TransferSyntaxUID in (JPEGBaseline8Bit, JPEGExtended12Bit)
        assert np.allclose(image.pixels, values, rtol=1e-6, atol=int(lossy)), path.name
        compared["values"] += 1
        if image.windows[0].function != "LINEAR" or lossy:
            continue
        signed = ds.PixelRepresentation == 1
        least = -(2 ** (ds.BitsStored - 1)) if signed else 0
        ends = np.array([least, least + 2**ds.BitsStored - 1], stored.dtype)
        low, high = apply_modality_lut(ends, ds).astype(float)
        displayed = (apply_voi_lut(values, ds) - low) / (high - low)
        assert np.abs(image.windows[0].apply(image.pixels) - displayed).max() < 1e-5, path.name
        compared["windows"] += 1
    assert compared["values"] > 50 and compared["windows"] > 20
