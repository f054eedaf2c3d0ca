"""The whole sheet: everything at once, as JSON, and nothing that is another frame's or study's."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest

from app.domain.actors import Actor
from app.domain.errors import Forbidden, NotFound
from app.domain.room.sheet import RoomSheet
from app.services.room.opening import open_room
from app.services.room.signing import keep, sign
from tests.app.services.room.conftest import Room
from tests.app.services.workplaces import dicom


def test_a_sheet_becomes_json_and_says_everything(readers: None, read: Room) -> None:
    read.explain().work()
    given = asdict(read.open())
    assert set(json.loads(json.dumps(given))) == {field.name for field in fields(RoomSheet)}
    empty = {name for name, value in given.items() if not value}
    assert empty == {
        *("frame", "study", "evidence_note", "work", "revisions", "hides_network", "anyway"),
        "map_actions",  # the mask reader has a map of every node
        "values",  # of a row of a table
    }
    assert (given["stage"], given["pixels"]) == ("free", f"/api/pixels/{read.case_id}/{{frame}}")


def test_each_frame_has_its_own_prediction_draft_and_revisions(room: Room) -> None:
    room.add(dicom(1, frames=3), name="a.dcm")
    entries = {"answers": {"verdict": "supplement", "confidence": 3, "text": "first frame"}}
    sign(room.workplace, room.case_id, entries, frame=0, revision=0)
    keep(room.workplace, room.case_id, {"answers": {"text": "third"}}, frame=2, revision=0)
    first, second, third = (room.open(frame=number) for number in range(3))
    assert (first.frame, first.frames) == (0, 3) and len(first.revisions) == 1
    assert second.headline is not None and second.headline.tone == "waiting"
    assert (second.revisions, second.form.answers) == ((), {})
    assert third.form.answers == {"text": "third"}
    assert room.work().open(frame=1).cards
    with pytest.raises(NotFound, match="3 frame"):
        room.open(frame=3)


def test_a_case_that_is_gone_and_a_study_that_is_not_the_readers_say_so(read: Room) -> None:
    with pytest.raises(NotFound, match="no longer exists"):
        open_room(read.workplace, "0123456789abcdef")
    with pytest.raises(NotFound):
        read.open(study="0" * 32)


def test_who_may_see_no_case_sees_no_room(read: Room) -> None:
    with pytest.raises(Forbidden):
        open_room(read.workplace.of(Actor("Aud", "reader", frozenset({"auditor"}))), read.case_id)
