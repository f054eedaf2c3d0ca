from __future__ import annotations

from tests.app.views.screen import Screen


def test_an_empty_list_says_how_to_begin(screen: Screen) -> None:
    assert "No images yet" in screen.text
    assert "Up to 200 files and 512 MB at once" in screen.text
