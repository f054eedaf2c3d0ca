"""Attaching pictures on the model page."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from app.services import models
from app.services.pictures.attach import Attached
from app.services.workplace import Workplace
from app.views.model.attach import result_text
from dprotonet.bundle.bundle import Bundle
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen

FILM = png(0, level=90)


@pytest.fixture
def bare_model(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> str:
    """The active model, as if it came without pictures; its sources are one film and unknown
    ones."""
    original = workplace.models.bundle
    film = hashlib.sha256(FILM).hexdigest()

    def without_pictures(digest: str) -> Bundle:
        bundle = original(digest)
        gallery = tuple(
            replace(entry, picture=None, image_sha256=film if number == 0 else entry.image_sha256)
            for number, entry in enumerate(bundle.gallery)
        )
        return replace(bundle, gallery=gallery)

    monkeypatch.setattr(workplace.models, "bundle", without_pictures)
    active = models.active(workplace)
    assert active is not None
    return active.digest


def test_a_model_with_all_pictures_asks_for_none(page: Screen) -> None:
    assert "can be shown" not in page.text


def test_an_upload_attaches_what_is_needed_and_says_how_much(
    bare_model: str, page: Screen, workplace: Workplace
) -> None:
    assert "0 of " in page.text and "source images of this model can be shown" in page.text
    page.upload(("any name.png", FILM), ("other.png", png(1, level=5)))
    page.press("Attach")
    assert "1 of " in page.text and "source images found; 2 files compared" in page.warnings[0]
    assert len(list((workplace.settings.galleries / bare_model).iterdir())) == 1


def test_a_server_folder_is_searched(bare_model: str, page: Screen, workplace: Workplace) -> None:
    (workplace.settings.folders[0] / "x.png").write_bytes(FILM)
    field = next(f for f in page.app.segmented_control if f.key == "attach-kind")
    field.set_value("Server folder")
    page.run().press("Attach")
    page.run()
    assert "1 file compared" in page.warnings[0]


def test_the_result_is_a_sentence() -> None:
    assert result_text(Attached(27, 30, 800)) == (
        "27 of 30 source images found; 800 files compared. 3 are not among the files of training."
    )
    assert result_text(Attached(1, 1, 1)) == "1 of 1 source image found; 1 file compared."
