from __future__ import annotations

from collections.abc import Callable

from app.services import review
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import by_brightness, png
from tests.app.views.screen import Screen


def listed_revisions(page: Screen) -> list[tuple[str, str]]:
    table = page.app.dataframe[0].value
    return list(zip(table["File"], table["Revision"], strict=True))


def test_the_latest_revision_of_every_image_is_listed(page: Screen) -> None:
    assert listed_revisions(page) == [("two.png", "1"), ("one.png", "2")]
    page.app.toggle[0].set_value(True)
    page.run()
    assert listed_revisions(page) == [("two.png", "1"), ("one.png", "2"), ("one.png", "1 (older)")]


def test_filters_narrow_the_table(page: Screen) -> None:
    page.choose("Verdict", "reject")
    assert listed_revisions(page) == [("two.png", "1")]
    page.write("Find", "one")
    assert "No annotation matches these filters" in page.text


def test_both_downloads_are_offered(page: Screen) -> None:
    labels = [button.label for button in page.app.get("link_button")]
    assert labels == ["Download CSV", "Download JSON"]


def test_a_refused_image_is_listed_without_a_prediction(
    screen: Screen, workplace: Workplace, worker: Callable[[], int], pool: FullPool
) -> None:
    pool.gate = by_brightness
    case_id = str(intake.add(workplace, png(level=10), name="dark.png").case_id)
    worker()
    review.sign(
        workplace,
        case_id,
        verdict="rightly refused",
        confidence=5,
        expected_revision=0,
        corrected_label="hand",
    )
    page = screen.open("annotations")
    (row,) = page.app.dataframe[0].value.to_dict("records")
    assert (row["Verdict"], row["Predicted"], row["Corrected"]) == (
        "Rightly refused",
        "refused",
        "hand",
    )
    page.app.session_state["notes-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    assert "Refused by nih-pneumonia" in page.run().text and "Predicted" not in page.text
    assert "%" not in page.text
    page.choose("Verdict", "accept")
    assert "No annotation matches these filters" in page.text


def test_the_table_is_sorted_and_says_who_agrees(page: Screen) -> None:
    page.choose("Order", "oldest")
    table = page.app.dataframe[0].value
    assert list(zip(table["File"], table["Agrees"], strict=True)) == [
        ("one.png", "yes"),
        ("two.png", "no"),
    ]
    assert table["Case"].str.startswith("/api/thumbnail/").all()
    page.choose("Prediction", "Disagreed")
    assert listed_revisions(page) == [("two.png", "1")]


def test_the_report_of_a_chosen_row_is_offered(page: Screen) -> None:
    page.app.session_state["notes-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    labels = [button.label for button in page.run().app.get("link_button")]
    assert labels == ["Download CSV", "Download JSON", "Report (PDF)"]
