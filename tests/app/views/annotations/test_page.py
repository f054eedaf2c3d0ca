from collections.abc import Callable

import pytest

from app.services import review
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen, workplace: Workplace, worker: Callable[[], int]) -> Screen:
    """Two images signed, one of them twice."""
    images = [
        intake.add(workplace, png(number, level=200), name=name).case_id or ""
        for number, name in enumerate(("one.png", "two.png"))
    ]
    worker()
    for revision in (0, 1):
        review.sign(
            workplace,
            images[0],
            verdict="accept",
            confidence=3,
            expected_revision=revision,
            text="yes",
        )
    review.sign(
        workplace,
        images[1],
        verdict="reject",
        corrected_label="none",
        confidence=5,
        expected_revision=0,
        text="=SUM(1)",
    )
    return screen.open("annotations")


def shown(page: Screen) -> list[tuple[str, str]]:
    table = page.app.dataframe[0].value
    return list(zip(table["File"], table["Revision"], strict=True))


def test_nothing_signed_is_said_in_a_sentence(screen: Screen) -> None:
    assert "Nothing was signed yet" in screen.open("annotations").text


def test_the_latest_revision_of_every_image_is_listed(page: Screen) -> None:
    assert shown(page) == [("two.png", "1"), ("one.png", "2")]
    page.app.toggle[0].set_value(True)
    page.run()
    assert shown(page) == [("two.png", "1"), ("one.png", "2"), ("one.png", "1 (older)")]


def test_filters_narrow_the_table(page: Screen) -> None:
    page.choose("Verdict", "reject")
    assert shown(page) == [("two.png", "1")]
    page.write("Find", "one")
    assert "No annotation fits these filters" in page.text


def test_both_downloads_are_offered(page: Screen) -> None:
    labels = [button.label for button in page.app.get("download_button")]
    assert labels == ["Download CSV", "Download JSON"]


def test_a_chosen_row_is_told_whole_and_opens_its_image(page: Screen) -> None:
    # A press on the table's first box, as the browser would report it.
    page.app.session_state["notes-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.run()
    assert "=SUM(1)" in page.text
    page.press("Open image")
    assert "two.png" in page.text
    assert page.case_id
