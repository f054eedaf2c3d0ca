"""An image that may show text waits on the page, with rectangles, until its reader decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.services.workplace import Workplace
from app.settings import Settings
from app.views.shared.held_images import _FRAME, _with_frames
from dprotonet.images.deidentify.instructions import TextFound
from tests.app.services.deidentify.test_held import KEY, with_name
from tests.app.services.workplaces import make_workplace, png
from tests.app.views.screen import Screen


@pytest.fixture
def workplace(
    tmp_path: Path, assets: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workplace]:
    """For patients."""
    opened = make_workplace(
        Settings(tmp_path / "data", assets=assets), database=empty_sqlite, pseudonyms=KEY
    )
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: opened)
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: shared.actor)
    yield opened
    opened.close()


def test_two_images_are_decided_one_after_the_other(screen: Screen) -> None:
    screen.upload(("Zebrowski-1.png", with_name()), ("Zebrowski-2.png", png(1)))
    assert "1 added, 1 to be looked at" in screen.text
    assert "may show a name" in screen.text and "Zebrowski" not in screen.text
    screen.press("Black out and add")
    assert "may show a name" not in screen.text
    assert screen.app.query_params["case"]


def test_a_discarded_image_is_gone(screen: Screen, workplace: Workplace) -> None:
    screen.upload(("a.png", with_name()), ("b.png", png(1)))
    screen.press("Discard")
    assert "may show a name" not in screen.text
    assert list(workplace.settings.spool.iterdir()) == []
    assert "1 case" in screen.text


def test_a_rectangle_is_framed_inside_and_hides_nothing_beside_it() -> None:
    shown = np.full((40, 30), 90, np.uint8)
    shown[10:20, 5:25] = 0
    framed = _with_frames(shown, [TextFound(10, 5, 20, 25)])
    assert framed.shape == (40, 30, 3) and shown.max() == 90
    beside = np.ones((40, 30), bool)
    beside[10:20, 5:25] = False
    assert (framed[beside] == 90).all()
    assert tuple(framed[10, 5]) == tuple(framed[19, 24]) == _FRAME
    assert not framed[11:19, 6:24].any()
