"""Files that are sent become cases, each with its result."""

from __future__ import annotations

import pytest

from app.domain.errors import Refused
from app.services.room.opening import open_room
from app.services.uploading import receiving
from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen


def test_one_uploaded_image_opens_at_once(screen: Screen) -> None:
    screen.upload(("bright.png", png(level=200)))
    assert screen.room["case"] == screen.case_id
    assert open_room(screen.workplace, screen.case_id).facts.title == "bright.png"


def test_several_files_stay_in_the_list_and_a_text_file_says_why_it_is_refused(
    screen: Screen,
) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(2)), ("notes.txt", b"not an image"))
    assert "2 added, 1 not an image" in screen.text
    assert "This is a text" in screen.text
    assert len(screen.buttons("a.png")) == 1
    assert "2 cases" in screen.text


def test_the_same_file_twice_is_one_case(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(1)))
    assert "1 added, 1 already imported" in screen.text


def test_more_files_than_fit_are_refused_in_one_sentence(screen: Screen) -> None:
    with pytest.raises(Refused) as refusal:  # the field shows the sentence of the route
        screen.upload(*[(f"{n}.png", b"x") for n in range(201)])
    assert str(refusal.value) == (
        "These are 201 files; 200 fit in one upload. Larger sets go through a server folder on "
        "the Batch page, or the shell."
    )
    assert "No images yet" in screen.run().text


def test_stored_files_leave_the_spool_and_a_rerun_stores_nothing_again(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("a.png", png(1)), ("notes.txt", b"not an image"))
    assert list(workplace.settings.spool.iterdir()) == []
    assert "1 added, 1 not an image" in screen.run().text
    screen.run()
    assert "1 case" in screen.text


def test_ids_of_another_session_are_ignored(screen: Screen, workplace: Workplace) -> None:
    token = workplace.uploads.open()
    with receiving.receive(workplace, token, name="theirs.png") as incoming:
        incoming.write(png(1))
    screen.app.session_state["review-upload"] = {"sent": {"ids": [incoming.key], "failed": 0}}
    assert "No images yet" in screen.run().text
    assert [file.name for file in workplace.uploads.held(token)] == ["theirs.png"]


def test_a_page_whose_token_expired_gets_another_at_its_next_run(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = screen.app.session_state["upload-token"]
    assert screen.run().app.session_state["upload-token"] == first
    monkeypatch.setattr("app.services.upload_ledger.LIFE_SECONDS", -1.0)
    assert screen.run().app.session_state["upload-token"] != first


@pytest.mark.parametrize(
    "odd", ["x", [], {"ids": "x"}, {"ids": [1, None], "failed": 0}, {"ids": ["../x"], "failed": 0}]
)
def test_a_malformed_upload_from_the_browser_is_ignored(screen: Screen, odd: object) -> None:
    screen.app.session_state["review-upload"] = {"sent": odd}
    assert "No images yet" in screen.run().text


def test_an_image_beside_one_that_could_not_be_sent_does_not_open_by_itself(
    screen: Screen, workplace: Workplace
) -> None:
    token = screen.app.session_state["upload-token"]
    with receiving.receive(workplace, token, name="a.png") as incoming:
        incoming.write(png(1))
    screen.app.session_state["review-upload"] = {"sent": {"ids": [incoming.key], "failed": 1}}
    assert "1 added" in screen.run().text
    assert "case" not in screen.app.query_params
