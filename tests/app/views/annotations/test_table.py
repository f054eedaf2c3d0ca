from __future__ import annotations

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
    labels = [button.label for button in page.app.get("download_button")]
    assert labels == ["Download CSV", "Download JSON"]
