"""Studies of an answer are chosen and brought in."""

from __future__ import annotations

from collections.abc import Callable

from app.services import batches
from app.services.workplace import Workplace
from tests.app.services.archives.studies import image
from tests.app.views.screen import Screen
from tests.orthanc import Orthanc

Worker = Callable[[], int]


def chosen(page: Screen, *rows: int, answer: int = 1) -> Screen:
    """The page with these rows of its table chosen."""
    page.app.session_state[f"archive-studies-{answer}"] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return page.run()


def test_chosen_studies_become_a_batch_whose_page_opens(
    page: Screen, site: Workplace, orthanc: Orthanc, worker: Worker
) -> None:
    orthanc.hold(image(1, study="1.2.3", day="20240105"), image(2, study="1.2.4", day="20230105"))
    page.press("Search")
    assert "Choose studies to bring in" in page.text
    chosen(page, 0, 1).press("Bring in 2 studies")
    (batch,) = batches.batches(site)
    assert batch.title == "2 studies from main"
    assert page.app.query_params["batch"] in (batch.job.job_id, [batch.job.job_id])
    for said in ("P1", "1.2.3", "A3"):
        assert said not in str(dict(page.app.query_params))


def test_a_studys_series_are_shown(page: Screen, orthanc: Orthanc) -> None:
    orthanc.hold(image(1), image(2, series="1.2.3.2", Modality="SR", SeriesDescription="Report"))
    page.press("Search")
    chosen(page, 0).press("Show its series")
    table = next(one.value for one in page.app.dataframe if "Number" in one.value)
    assert set(table["Modality"]) == {"DX", "SR"} and "Report" in list(table["Description"])


def test_no_name_of_a_patient_is_on_the_page(page: Screen, orthanc: Orthanc) -> None:
    orthanc.hold(image(1))
    page.press("Search")
    assert "Doe" not in page.text + page.app.dataframe[0].value.to_string()


def test_what_was_chosen_in_one_answer_is_not_chosen_in_the_next(
    page: Screen, orthanc: Orthanc
) -> None:
    orthanc.hold(image(1), image(2, study="1.2.4", patient="P2"))
    page.write("Patient's id", "P1").press("Search")
    assert chosen(page, 0).buttons("Bring in 1 study")
    page.write("Patient's id", "P2").press("Search")
    assert not page.buttons("Bring in")
