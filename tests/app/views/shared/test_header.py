from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.actors import Actor
from app.services.deidentify.key import PseudonymKey
from app.services.workplace import Workplace
from tests.app.views.screen import Screen


def test_every_page_says_what_the_program_is_not_and_who_reads(screen: Screen) -> None:
    for page in ("review", "batch", "annotations", "model"):
        text = screen.open(page).text
        assert "Research use only, not for diagnosis" in text
        assert "Images are stored unchanged, for one local reader" in text
        assert "nih-pneumonia" in text
        assert "Reader One" in text


def test_whoever_is_signed_in_reads_their_roles_and_gets_no_button_that_is_refused(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = Actor("Ann", "reader", frozenset({"reader"}))
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: ann)
    assert "Ann (reader)" in screen.run().text.replace("*", "")
    screen.open("model")
    assert not screen.buttons("Set active") and not screen.buttons("Check")


def test_where_patients_images_are_held_it_says_what_is_done_with_them(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = replace(workplace, pseudonyms=PseudonymKey(bytes(32)))
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: held)
    text = screen.open("review").text
    assert "Images are de-identified on their way in, for one local reader" in text
    assert "stored unchanged" not in text
