"""Offers of files: the same key for the same offer, for one person, and not without end."""

import pytest

from app.domain.actors import Actor
from app.domain.errors import NotFound
from app.services import annotations
from app.services.downloads.offers import Offers

ANN, BEN = Actor("Ann", "reader"), Actor("Ben", "reader")


def offer(offers: Offers, actor: Actor, *given: object, **named: object) -> str:
    return offers.add(actor, annotations.export, *given, name="a.csv", kind="text/csv", **named)


def test_a_page_drawn_again_keeps_its_addresses_and_another_person_has_others() -> None:
    offers = Offers()
    key = offer(offers, ANN, "one")
    assert offer(offers, ANN, "one") == key
    others = {offer(offers, BEN, "one"), offer(offers, ANN, "two"), offer(offers, ANN, x="one")}
    assert len({key, *others}) == 4
    assert offer(Offers(), ANN, "one") != key  # nobody can work it out


def test_an_offer_to_another_person_is_as_none() -> None:
    offers = Offers()
    key = offer(offers, ANN)
    assert offers.get(key, ANN).use_case is annotations.export
    for wrong, actor in ((key, BEN), (key, Actor("Ann", "local reader")), ("0" * 64, ANN)):
        with pytest.raises(NotFound, match="not offered to you"):
            offers.get(wrong, actor)


def test_what_no_page_has_drawn_for_the_longest_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.downloads.offers.MOST_OFFERS", 2)
    offers = Offers()
    first, second = offer(offers, ANN, 1), offer(offers, ANN, 2)
    assert offer(offers, ANN, 1) == first
    offer(offers, ANN, 3)
    assert offers.get(first, ANN)
    with pytest.raises(NotFound):
        offers.get(second, ANN)
