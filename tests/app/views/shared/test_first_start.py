"""The page of the first start: one question, and nothing else before it is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.actors import Actor
from app.services.deidentify import patients
from app.services.workplace import Workplace
from tests.app.views.screen import Screen

QUESTION = "Will patients' images be held here?"


@pytest.fixture
def workplace(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Of a new installation, looked at as the server does."""
    name = "app.views.shared.workplace.shared_workplace"
    monkeypatch.setattr(name, lambda settings: patients.with_choice(workplace))
    return workplace


def test_it_stands_in_place_of_every_page_until_no_is_answered(screen: Screen) -> None:
    for page in ("review", "batch", "model"):
        text = screen.open(page).text
        assert QUESTION in text and "Nothing is taken in yet" in text
        assert not screen.components
    screen.open("review").press("No, start")
    assert QUESTION not in screen.text
    assert "Add images" in screen.text and "Images are stored unchanged" in screen.text


def test_yes_without_a_key_says_step_by_step_what_to_do(screen: Screen) -> None:
    screen.press("Yes, hold")
    assert "There is no key for the pseudonyms yet" in screen.text
    shown = "\n".join(code.value for code in screen.app.code)
    assert "new-key" in shown and "DPROTONET_PSEUDONYM_KEY=" in shown
    assert "DPROTONET_SIGN_IN=accounts" in shown
    assert QUESTION in screen.run().text


def test_yes_with_a_key_opens_the_program_without_demo_cases(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key = replace(workplace, settings=replace(workplace.settings, pseudonym_key="ab" * 32))
    name = "app.views.shared.workplace.shared_workplace"
    monkeypatch.setattr(name, lambda settings: patients.with_choice(with_key))
    screen.run().press("Yes, hold")
    assert QUESTION not in screen.text
    assert "Images are de-identified on their way in" in screen.text


def test_whoever_may_not_answer_reads_who_can(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = Actor("Ann", "reader", frozenset({"lead"}))
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: ann)
    screen.run()
    assert "An administrator has to answer this" in screen.text
    assert not screen.app.button
