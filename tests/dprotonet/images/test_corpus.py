"""Every file of pydicom's own test set and of pydicom-data: read, or a clear error."""

from collections import Counter
from pathlib import Path

import data_store
import numpy as np
import pydicom
import pytest

from dprotonet import images
from dprotonet.errors import NotAnImage, UnreadableImage

FOLDERS = (
    Path(pydicom.__file__).parent / "data" / "test_files",
    Path(pydicom.__file__).parent / "data" / "charset_files",
    Path(pydicom.__file__).parent / "data" / "palettes",
    Path(data_store.__file__).parent / "data",
)
# pydicom 3.0.2 and pydicom-data 1.0.0, as they install, nothing downloaded. Of the unreadable, 59
# are headers without pixels and the others are made to be damaged.
EXPECTED = {"decoded": 169, "unreadable": 66, "no image": 36}
MADE_TO_FAIL = {
    "JPEG-lossy.dcm",
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "badVR.dcm",
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[Path, str | UnreadableImage]:
    found: dict[Path, str | UnreadableImage] = {}
    for file in images.walk(FOLDERS):
        try:
            image = images.read(file.path)
            shown = image.unit()
            assert shown.dtype == np.float32 and shown.shape[:2] == image.shape
            assert np.isfinite(shown).all() and shown.min() >= 0 and shown.max() <= 1
            assert image.display().dtype == np.uint8
            facts = images.inspect(file.path)
            assert facts == image.facts and (facts.rows, facts.columns) == image.shape
            found[file.path] = "decoded"
        except UnreadableImage as error:
            found[file.path] = error
    return found


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
