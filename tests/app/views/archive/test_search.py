"""The fields of a search, and what is said where it cannot be done."""

from __future__ import annotations

import pytest

from app.views.archive import search
from tests.app.services.archives.studies import image
from tests.app.views.screen import Screen
from tests.orthanc import Orthanc


def test_what_is_written_narrows_the_search(page: Screen, orthanc: Orthanc) -> None:
    orthanc.hold(image(1, study="1.2.3"), image(2, study="1.2.4", patient="P2"))
    page.write("Patient's id", " P2 ").write("Modality", "dx").press("Search")
    (table,) = page.app.dataframe
    assert list(table.value["Patient"]) == ["P2"] and list(table.value["Images"]) == ["1"]
    page.write("Accession number", "none").press("Search")
    assert "no such study" in page.text


def test_the_pages_of_an_answer_are_turned(
    page: Screen, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SIZE", 2)
    orthanc.hold(*(image(n, study=f"1.2.{n}") for n in range(1, 4)))
    page.press("Search")
    assert "From study 1" in page.text and page.buttons("Back")[0].disabled
    page.press("Next")
    assert "From study 3" in page.text and page.buttons("Next")[0].disabled
    page.press("Back")
    assert "From study 1" in page.text


def test_a_wrong_field_is_told_and_leaves_no_answer(page: Screen) -> None:
    page.write("Modality", "a b").press("Search")
    assert page.errors == ["A modality is short, such as DX, CR or CT. Correct it."]
    assert not page.app.dataframe


def test_an_archive_that_does_not_answer_is_told(
    page: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.archives import asking
    from app.services.archives.errors import Unreachable

    def away(*_: object, **__: object) -> None:
        raise Unreachable("The archive main cannot be reached.")

    monkeypatch.setattr(asking, "find_studies", away)
    page.press("Search")
    assert page.errors == ["The archive main cannot be reached."]
