"""The filters are in the address, and come back with it."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.domain.cases import CaseFilters
from app.services import review
from app.services.inference import queue as work
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, dicom, png
from tests.app.views.screen import Screen


def address(screen: Screen) -> dict[str, str]:
    parts = screen.app.query_params.items()
    return {name: said if isinstance(said, str) else said[0] for name, said in parts}


def test_what_narrows_the_list_is_written_into_the_address(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.dcm", dicom(2)))
    screen.choose("Order", "doubt").choose("Modality", "DX")
    assert address(screen) == {"order": "doubt", "modality": "DX"}
    assert not screen.buttons("a.png") and len(screen.app.query_params) == 2
    screen.press("Clear")
    assert address(screen) == {"order": "doubt"} and screen.buttons("a.png")


def test_an_address_opens_its_list_and_a_case_leaves_it_as_it_was(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(2)))
    screen.app.query_params.update({"text": "b.p", "until": "2190-01-01"})
    screen.run()
    assert screen.buttons("b.png") and not screen.buttons("a.png")
    screen.press("b.png")
    assert address(screen).keys() == {"text", "until", "case"}
    screen.leave()
    assert address(screen).keys() == {"text", "until"} and not screen.buttons("a.png")
    screen.open("batch").open("review")
    assert not screen.buttons("a.png")


def test_each_status_says_how_many_cases_it_has(
    screen: Screen, workplace: Workplace, pool: FakePool
) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(2)))
    work.run_pending(workplace, pool)
    screen.run()
    assert screen.buttons("All 2") and screen.buttons("New 2") and screen.buttons("Done 0")
    screen.press("Done 0")
    assert "No case matches" in screen.text and address(screen) == {"status": "done"}
    screen.press("Show all cases")
    assert screen.buttons("a.png") and address(screen) == {}


def test_next_unread_opens_what_nobody_has_signed(
    screen: Screen, workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = Actor("Anna", "reader", frozenset({"reader"}))
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: anna)
    screen.upload(("a.png", png(1)), ("b.png", png(2)))
    work.run_pending(workplace, pool)
    (newest, *_) = review.list_cases(workplace, CaseFilters()).rows
    review.sign(workplace, newest.case_id, verdict="accept", confidence=4, expected_revision=0)
    screen.run().press("Next unread")
    opened = screen.case_id
    assert opened != newest.case_id
    assert screen.room["case"] == opened
