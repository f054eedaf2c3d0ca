"""The open case: the page hands the reading room its case, and goes back to the list."""

from __future__ import annotations

from app.services.room.keys import KEYS
from app.services.room.words import WORDS
from app.viewer.actions import ACTIONS
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen


def test_the_room_owns_the_page_of_a_case(image: Screen) -> None:
    assert image.room["case"] == image.case_id
    assert (image.room["study"], image.room["words"]) == ("", WORDS)
    ids = [key["id"] for key in image.room["keys"]]
    assert ids[: len(KEYS)] == [key.id for key in KEYS]
    assert {action.id for action in ACTIONS} <= set(ids) and len(ids) == len(set(ids))
    keys = [key["key"] for key in image.room["keys"] if key["key"]]
    assert len(keys) == len(set(keys)), "no key does two things"
    assert not image.app.button, "the page has none of its own"


def test_the_study_in_the_address_goes_to_the_room(image: Screen) -> None:
    image.app.query_params["study"] = "s1"
    assert image.run().room["study"] == "s1"


def test_the_room_leads_back_to_the_list(image: Screen) -> None:
    image.leave()
    assert "case" not in image.app.query_params
    assert image.buttons("bright.png")


def test_of_a_case_that_is_gone_the_room_says_so_itself(screen: Screen) -> None:
    screen.app.query_params["case"] = "0123456789abcdef"
    assert screen.run().room["case"] == "0123456789abcdef" and not screen.errors


def test_nothing_of_a_file_is_given_to_the_page_itself(screen: Screen) -> None:
    screen.upload(("**bold** <b>x</b> [a](b).png", png(1)))
    assert "bold" not in str(screen.room) + screen.text
