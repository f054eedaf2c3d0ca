"""Attaching pictures on the model page."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from app.services import jobs
from app.services.pictures import folder_job
from app.services.pictures.attach import Attached
from app.services.workplace import Workplace
from app.views.model.attach import result_text
from dprotonet.bundle.bundle import Bundle
from tests.app.services.workplaces import active_model, png
from tests.app.views.screen import Screen, bare

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
    return active_model(workplace).digest


def test_a_model_with_all_pictures_asks_for_none(page: Screen) -> None:
    assert "can be shown" not in page.text


def test_an_upload_attaches_what_is_needed_and_says_how_much(
    bare_model: str, page: Screen, workplace: Workplace
) -> None:
    assert "0 of " in page.text and "source images of this model can be shown" in page.text
    page.upload(("any name.png", FILM), ("other.png", png(1, level=5)))
    page.press("Attach")
    assert "1 of " in page.text
    assert "source images found; 2 files compared" in "\n".join(page.warnings)
    assert len(list((workplace.settings.galleries / bare_model).iterdir())) == 1
    assert "1 picture was attached here: each is of a file with the SHA-256" in page.text
    with workplace.store.read() as tx:
        assert [entry.action for entry in tx.audit.entries()][-1] == "pictures attached"


def work(workplace: Workplace) -> None:
    """What the worker does about the search that waits."""
    claimed = folder_job.claim(workplace)
    assert claimed is not None
    folder_job.run(workplace, *claimed, stop=lambda: False)


def test_a_server_folder_is_searched_by_the_worker_while_the_page_is_left(
    bare_model: str, page: Screen, screen: Screen, workplace: Workplace
) -> None:
    (workplace.settings.folders[0] / "x.png").write_bytes(FILM)
    field = next(f for f in page.app.segmented_control if f.key == "attach-kind")
    field.set_value("Server folder")
    page.run().press("Attach")
    assert "compared" not in "\n".join(page.warnings) and not page.buttons("Attach")
    screen.open("annotations")
    work(workplace)
    page = screen.open("model")
    assert "1 file compared" in "\n".join(page.warnings)
    assert "1 of " in page.text and not page.errors


def test_why_a_search_failed_is_said_and_another_may_begin(
    bare_model: str, page: Screen, workplace: Workplace
) -> None:
    search = folder_job.start(workplace, bare_model, workplace.settings.folders[0])
    with workplace.store.write() as tx:
        tx.jobs.finish(search.job_id, state="failed", now=workplace.clock(), message="No folder.")
    assert page.run().errors == ["No folder."]
    assert page.buttons("Attach")


def test_a_search_that_was_cancelled_is_not_an_error(
    bare_model: str, page: Screen, workplace: Workplace
) -> None:
    search = folder_job.start(workplace, bare_model, workplace.settings.folders[0])
    jobs.cancel(workplace, search.job_id)
    assert "The last search of a folder: Cancelled." in page.run().text
    assert not page.errors and page.buttons("Attach")


def test_attached_pictures_are_removed_on_the_page(
    bare_model: str, page: Screen, workplace: Workplace
) -> None:
    assert not page.buttons("Remove")
    page.upload(("any name.png", FILM))
    page.press("Attach")
    assert "Removes 1 small picture from" in page.text
    page.press("Remove")
    assert "0 of " in page.text and not page.errors
    assert "compared" not in "\n".join(page.warnings)
    assert not page.buttons("Remove")
    assert not list((workplace.settings.galleries / bare_model).iterdir())


def test_the_result_is_a_sentence() -> None:
    assert bare(result_text(Attached(27, 30), "800 files compared.")) == (
        "27 of 30 source images found; 800 files compared. 3 are not among the files of training."
    )
    assert bare(result_text(Attached(1, 1), "1 file compared.")) == (
        "1 of 1 source image found; 1 file compared."
    )
