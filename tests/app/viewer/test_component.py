from __future__ import annotations

from typing import Any

import pytest

from app.viewer import component
from app.viewer.component import Overlay, image_viewer


def show(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The frame that comes back, and the data that the browser gets."""
    sent: dict[str, Any] = {}

    def browser(**named: Any) -> dict[str, Any]:
        sent.update(named["data"])
        return answer

    monkeypatch.setattr(component, "_component", browser)
    frame = image_viewer(
        case_id="c",
        frame=1,
        frames=3,
        image_url="/api/pixels/c/{frame}",
        heatmaps=[Overlay("class:a", "Class a", "/api/heatmap/7", "Measured.", "Fragile.")],
        requested="class:a",
        requests=2,
        height=400,
        key="image-c",
    )
    return frame, sent


def test_the_browser_gets_addresses_and_texts_of_every_heatmap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, sent = show(monkeypatch, {"frame": 1})
    assert sent["heatmaps"] == [
        {
            "id": "class:a",
            "label": "Class a",
            "url": "/api/heatmap/7",
            "description": "Measured.",
            "warning": "Fragile.",
        }
    ]
    assert (sent["requested"], sent["requests"], sent["image"]) == (
        "class:a",
        2,
        "/api/pixels/c/{frame}",
    )


@pytest.mark.parametrize(
    ("answer", "frame"),
    [({"frame": 2}, 2), ({"frame": 3}, 1), ({"frame": -1}, 1), ({"frame": "2"}, 1), ({}, 1)],
)
def test_the_frame_is_the_readers_unless_the_file_has_none_such(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], frame: int
) -> None:
    assert show(monkeypatch, answer)[0] == frame
