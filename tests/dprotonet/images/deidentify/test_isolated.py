"""De-identification in a child process, which never sees a key."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.deidentify.instructions import Instructions, Survey, TextFound
from dprotonet.images.deidentify.isolated import black_out_isolated, deidentify_isolated
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.reader import read_image
from tests.dprotonet.images.deidentify.files import make_dicom


class Pieces(HeldBytes):
    """A file in pieces of 100 bytes."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    def chunks(self) -> Iterator[bytes]:
        return (self._data[at : at + 100] for at in range(0, self.size, 100))


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    with IsolatedReader() as opened:
        yield opened


def pseudonyms(survey: Survey) -> Instructions:
    return Instructions("P-one", {uid: f"2.25.{len(uid)}" for uid in survey.uids}, -400)


def test_the_child_says_whom_the_file_names_and_takes_pseudonyms(reader: IsolatedReader) -> None:
    data = make_dicom()
    for source in (data, Pieces(data)):
        done, survey = deidentify_isolated(reader, source, pseudonyms)
        assert survey.person["PatientName"] == "Doe^Jane"
        assert set(survey.uids) == {"1.2.3", "1.2.3.1", "1.2.3.4"}
        assert b"Doe" not in done.data and b"P-one" in done.data
        assert done.ending == ".dcm" and not done.warnings
        assert np.array_equal(read_image(done.data).pixels, read_image(data).pixels)


def test_whoever_gives_no_pseudonyms_gets_no_file_and_the_next_request_is_answered(
    reader: IsolatedReader,
) -> None:
    def fails(survey: Survey) -> Instructions:
        raise KeyError("no key")

    with pytest.raises(KeyError):
        deidentify_isolated(reader, make_dicom(), fails)
    assert reader.inspect(Pieces(make_dicom())).rows == 16


def test_what_cannot_be_read_is_not_let_through(reader: IsolatedReader) -> None:
    with pytest.raises(NotAnImage):
        deidentify_isolated(reader, b"a letter about Jane Doe", pseudonyms)
    with pytest.raises(UnreadableImage):
        deidentify_isolated(reader, make_dicom()[:500], pseudonyms)


def test_rectangles_are_black_and_the_rest_keeps_its_values(reader: IsolatedReader) -> None:
    data = make_dicom(pixels=np.arange(512, dtype=np.uint16).reshape(2, 16, 16) + 5)
    changed, ending = black_out_isolated(reader, data, [TextFound(0, 4, 3, 400)])
    for frame in range(2):
        before, after = (read_image(file, frame=frame).pixels for file in (data, changed))
        assert (after[:3, 4:] == before.min()).all()
        assert np.array_equal(after[3:], before[3:]) and np.array_equal(
            after[:3, :4], before[:3, :4]
        )
    assert ending == ".dcm"
