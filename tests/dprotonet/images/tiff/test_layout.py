"""Kinds and sizes of TIFF pages that are refused before they are decoded."""

import pytest

from tests.dprotonet.images.tiff.files import by_hand, refused

TAGS = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1}


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({259: 34661}, "JBIG"),
        ({259: 34676}, "SGI log"),
        ({259: 4711}, "not known here"),
        ({262: 8}, "CIE L"),
        ({262: 32803}, "camera"),
        ({258: 24}, "24 bits"),
        ({339: 6, 258: 64}, "complex"),
        ({32997: 5}, "volume"),
        ({277: 2, 262: 2}, "too few"),
        ({262: 3}, "palette"),
    ],
)
def test_a_kind_that_is_not_read_is_named(change: dict[int, int], note: str) -> None:
    assert note in refused(by_hand(TAGS | change, bytes(256)))


def test_sizes_are_checked_before_a_strip_is_decoded() -> None:
    for tags in ({256: 60000, 257: 60000}, {256: 0}, {257: 0}):
        text = refused(by_hand(TAGS | tags, bytes(16)))
        assert "pixels" in text


def test_tiles_larger_than_any_image_are_refused() -> None:
    huge = {code: value for code, value in TAGS.items()} | {322: 65520, 323: 65520, 259: 8}
    assert "strips or tiles" in refused(by_hand(huge, bytes(64)))


def test_more_tiles_than_can_be_worked_through_are_refused() -> None:
    many = TAGS | {256: 4096, 257: 4096, 322: 1, 323: 1}
    assert "strips or tiles" in refused(by_hand(many, bytes(64)))


def test_thousands_of_samples_a_pixel_are_refused() -> None:
    assert "strips or tiles" in refused(by_hand(TAGS | {256: 4000, 257: 4000, 277: 4000}, b"1"))
