from __future__ import annotations

from tests.app.views.screen import Screen


def test_an_empty_audit_says_so(screen: Screen) -> None:
    page = screen.open("audit")
    assert "Nothing was recorded yet" in page.text
    assert "0 entries read" in page.press("Verify").text


def test_the_newest_entry_comes_first(page: Screen) -> None:
    assert list(page.app.dataframe[0].value["Entry"]) == [3, 2, 1]
    assert "3 entries" in page.text
