"""Whether there is a page of archives at all."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.domain.actors import Actor
from app.services.workplace import Workplace
from app.views.shared.navigation import pages_for
from tests.app.views.screen import Screen
from tests.paths import ROOT


def test_with_an_archive_there_are_the_fields_of_a_search(page: Screen) -> None:
    assert page.has("Archive") and page.buttons("Search") and not page.errors


def test_without_an_archive_the_page_says_how_to_name_one(workplace: Workplace) -> None:
    page = AppTest.from_file(str(ROOT / "app" / "views" / "archive" / "page.py"))
    assert "DPROTONET_ARCHIVES" in Screen(page).run().text


def test_the_page_is_offered_to_a_lead_where_there_is_an_archive() -> None:
    def titles(role: str, has_archives: bool) -> list[str]:
        actor = Actor("Ann", "reader", frozenset({role}))  # type: ignore[arg-type]
        return [title for _, title, _, _ in pages_for(actor, has_archives=has_archives)]

    assert "Archive" in titles("lead", True)
    assert "Archive" not in titles("lead", False) + titles("reader", True)
