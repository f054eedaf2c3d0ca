from __future__ import annotations

from app.services.room.opening import open_room
from tests.app.views.screen import Screen


def test_an_empty_table_says_how_to_begin(screen: Screen) -> None:
    assert "Nothing has been signed yet" in screen.open("annotations").text


def test_a_chosen_row_is_shown_in_full_and_opens_its_image(page: Screen) -> None:
    # A press on the table's first box, as the browser would report it.
    page.app.session_state["notes-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.run()
    assert "=SUM(1)" in page.text
    page.press("Open case")
    assert page.room["case"] == page.case_id
    assert open_room(page.workplace, page.case_id).facts.title == "two.png"
