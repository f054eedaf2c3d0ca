"""Shapes that a reader draws."""

import pytest

from app.domain.errors import Refused
from app.domain.marks import MOST_MARKS, Mark, marks_from_json

BOX = {"kind": "rectangle", "points": [[1.5, 2], [10, 20.25]], "purpose": "region", "text": "here"}


def test_a_shape_comes_back_as_it_was_sent() -> None:
    (mark,) = marks_from_json([BOX])
    assert mark == Mark("rectangle", ((1.5, 2.0), (10.0, 20.25)), "region", "here")
    assert mark.to_json() == BOX


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "star"},
        {"kind": ["rectangle"]},
        {"purpose": "none"},
        {"points": [[1, 2]]},
        {"points": [[1, 2], [float("nan"), 3]]},
        {"points": [[1, 2], [1e300, 3]]},
        {"points": [[1, 2], [10**400, 3]]},
        {"points": [[1, 2], ["a", 3]]},
        {"points": [[1, 2], [1, 2, 3]]},
        {"points": None},
        {"text": "x" * 201},
        {"text": 5},
    ],
)
def test_what_is_no_shape_is_refused_with_a_sentence(change: dict[str, object]) -> None:
    with pytest.raises(Refused, match=r"\.$"):
        marks_from_json([BOX | change])


@pytest.mark.parametrize("document", [None, "abc", 5, [5], [None], [{}], [BOX] * (MOST_MARKS + 1)])
def test_what_is_no_list_of_shapes_is_refused(document: object) -> None:
    with pytest.raises(Refused):
        marks_from_json(document)
