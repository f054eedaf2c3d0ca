"""Names that are no text become text, and come back where they are to be opened."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.images.file_names import (
    allowed_everywhere,
    encodable,
    fitted,
    path_bytes,
    path_of,
    printable,
    stored_path,
)

# What no name holds: an end of string and, for a part of a path, a slash.
BYTES = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name)


@pytest.mark.skipif(sys.platform == "win32", reason="names are bytes on POSIX")
@given(BYTES)
def test_every_name_of_bytes_comes_back_from_the_text_that_was_stored(name: bytes) -> None:
    stored = stored_path(os.fsdecode(name))
    stored.encode("utf-8")
    assert os.fsencode(path_of(stored)) == name


@given(st.lists(BYTES, min_size=2, max_size=2, unique=True))
def test_two_names_are_never_stored_as_one(names: list[bytes]) -> None:
    one, two = (stored_path(name.decode("utf-8", "surrogateescape")) for name in names)
    assert one != two


@given(st.text(st.characters(), max_size=40))
def test_what_is_printed_can_be_encoded_and_moves_no_cursor(text: str) -> None:
    displayed = printable(text)
    displayed.encode("utf-8")
    assert not set(displayed) & {"\n", "\r", "\x1b", "\x00", "\u202e", "\u2028"}


def test_a_byte_that_is_no_text_is_shown_by_its_number() -> None:
    odd = b"r\xf6ntgen.jpg".decode("utf-8", "surrogateescape")
    assert printable(odd) == encodable(odd) == "r%F6ntgen.jpg"
    assert path_bytes(odd) == b"r\xf6ntgen.jpg".hex()
    assert path_bytes("röntgen 50%.jpg") is None
    assert printable("Röntgen\u3000ü 50%.png") == "Röntgen\u3000ü 50%.png"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(32, 255))
def test_a_shortened_name_fits_and_a_short_one_stays(name: str, room: int) -> None:
    short = fitted(name, room)
    assert len(short.encode()) <= room
    assert (short == name) == (len(name.encode()) <= room)


def test_a_shortened_name_keeps_its_ends_and_differs_from_its_neighbour() -> None:
    one, two = (fitted(f"chest-{'ä' * 200}{n}.dcm.gz", 255) for n in (1, 2))
    assert one != two
    assert one.startswith("chest-ä") and one.endswith(".dcm.gz")


@pytest.mark.parametrize("name", ["aux.png", "NUL", "com1.dcm", "Con .tif"])
def test_a_name_that_windows_keeps_for_a_device_is_changed(name: str) -> None:
    assert allowed_everywhere(name) == f"_{name}"
    assert allowed_everywhere(f"x{name}") == f"x{name}"
