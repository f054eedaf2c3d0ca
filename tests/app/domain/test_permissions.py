"""The decision that a use case carries."""

from dataclasses import dataclass

import pytest

from app.domain.actors import NOBODY, Actor
from app.domain.errors import Forbidden
from app.domain.permissions import DECISION, needs, within


@dataclass
class Place:
    actor: Actor


def test_a_refused_use_case_does_nothing_at_all() -> None:
    done = []

    @needs("sign")
    def sign(place: Place, what: str) -> str:
        """Signs."""
        done.append(what)
        return what

    with pytest.raises(Forbidden):
        sign(Place(NOBODY), "a")
    with pytest.raises(Forbidden):
        sign(Place(Actor("Ann", "reader", frozenset({"auditor"}))), "b")
    assert sign(Place(Actor("Ann", "reader", frozenset({"reader"}))), "c") == "c"
    assert done == ["c"] and sign.__doc__ == "Signs."
    assert getattr(sign, DECISION) == "sign"


def test_a_part_asks_nothing_and_says_so() -> None:
    @within
    def part(place: Place) -> int:
        return 7

    assert part(Place(NOBODY)) == 7
    assert getattr(part, DECISION, "undecided") is None
