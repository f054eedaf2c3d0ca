"""The stop switch, and what every page says then."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.services.workplace import Workplace
from tests.app.views.screen import Screen


def stops(page: Screen) -> list[str]:
    return [warning for warning in page.warnings if "stopped" in warning]


def test_a_lead_stops_the_model_and_every_page_says_so(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = screen.open("model")
    page.press("Stop this model")
    assert page.errors == ["Say why the model is stopped: everybody who reads with it will see it."]
    page.write("Why is it stopped?", "Too many *devices*").press("Stop this model")
    for name in ("model", "batch", "annotations", "review"):
        (said,) = stops(page.open(name))
        assert "nih-pneumonia" in said and "is stopped by Reader One on" in said
        assert "Too many *devices*. New cases are not read." in said
        assert "Active model none: it is stopped" in page.text
    page.open("model")
    assert "front_hand: stopped" in page.text and not page.buttons("Stop this model")
    ben = Actor("Ben", "reader", frozenset({"reader"}))
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: ben)
    assert not page.run().buttons("Lift the stop")
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: shared.actor)
    page.run().press("Lift the stop")
    assert stops(page) == [] and "active: reads new uploads" in page.text


def test_of_a_model_that_is_not_for_new_images_its_own_page_says_it(
    screen: Screen, workplace: Workplace
) -> None:
    page = screen.open("model")
    other = next(option for option in page.app.selectbox[0].options if "phantom" in option)
    page.app.selectbox[0].select(other)
    page.run().write("Why is it stopped?", "old").press("Stop this model")
    (said,) = stops(page)
    assert said.startswith("This model is stopped by Reader One on")
    assert stops(page.open("batch")) == []
