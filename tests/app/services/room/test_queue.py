"""The queue beside the image: the list's order, and what is read next."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.domain.cases import CaseFilters
from app.domain.errors import NotFound
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.services import review
from app.services.room import queue
from app.services.room.queue import around
from app.services.room.signing import sign
from app.services.studies import managing, reading
from app.services.worklist import claims
from tests.app.services.room.conftest import Room
from tests.app.services.workplaces import CLASSES, dicom, png

NAMED = CaseFilters(order="name")


@pytest.fixture
def three(room: Room) -> list[str]:
    """Three images, by name."""
    files = {"a.dcm": dicom(1), "b.png": png(2, level=200), "c.png": png(3, level=20)}
    return [room.add(data, name=name).case_id for name, data in files.items()]


def accept(room: Room, case_id: str) -> None:
    entries = {"answers": {"verdict": "accept", "confidence": 3}}
    sign(room.workplace, case_id, entries, frame=0, revision=0)


def test_the_rows_stand_in_the_lists_order_with_what_comes_before_and_next(
    room: Room, three: list[str]
) -> None:
    found = around(room.workplace, three[1], NAMED)
    assert [(row.case_id, row.title, row.line) for row in found.rows] == [
        (three[0], "a.dcm", "DX PA"),
        (three[1], "b.png", ""),
        (three[2], "c.png", ""),
    ]
    assert (found.previous, found.next) == (three[0], three[2])
    assert found.next_pixels == f"/api/pixels/{three[2]}/0"
    assert {row.thumbnail for row in found.rows} == {f"/api/thumbnail/{one}" for one in three}


def test_what_was_signed_is_not_next_and_after_the_last_the_first_is(
    room: Room, three: list[str]
) -> None:
    accept(room, three[2])
    found = around(room.workplace, three[1], NAMED)
    assert [row.status for row in found.rows] == ["new", "new", "done"]
    assert found.next == three[0]
    for case_id in three[:2]:
        accept(room, case_id)
    end = around(room.workplace, three[0], NAMED)
    assert (end.previous, end.next, end.next_pixels) == ("", "", "")


def test_a_row_says_who_else_works_on_it(room: Room, three: list[str]) -> None:
    claims.claim(room.workplace.of(Actor("Reader Two")), three[2])
    claims.claim(room.workplace, three[1])
    found = around(room.workplace, three[0], NAMED)
    assert [row.status_text for row in found.rows] == [
        "new",
        "in progress",
        "in progress · Reader Two",
    ]
    assert found.next == three[1], "others' work is nobody's next"


def test_the_queue_of_a_case_that_is_gone_says_so(room: Room, three: list[str]) -> None:
    review.delete_case(room.workplace, three[0])
    with pytest.raises(NotFound):
        around(room.workplace, three[0], NAMED)


def test_in_a_study_the_rows_are_the_readers_own_reads_in_their_order(
    room: Room, three: list[str]
) -> None:
    made = managing.create(
        room.workplace,
        name="First",
        protocol=Protocol("A study", CLASSES, "none", adjudication="never"),
        cases=[StudyCase(case_id) for case_id in three],
        readers=(room.workplace.reader,),
        adjudicators=(),
    )
    study = managing.open_study(room.workplace, made.study_id).study_id
    first, second, _ = (entry.read.key.case_id for entry in reading.queue(room.workplace, study))
    found = queue.of_study(room.workplace, first, study)
    assert {row.case_id for row in found.rows} == set(three)
    assert [row.title[:3] for row in found.rows] == ["1. ", "2. ", "3. "]
    assert {row.status for row in found.rows} == {"new"}
    assert (found.text, found.previous, found.next) == ("0 of 3 read", "", second)
    reading.lock(
        room.workplace, first, study=study, label="none", confidence=3, active_seconds=1.0,
        nothing_to_mark=True,
    )  # fmt: skip
    assert queue.of_study(room.workplace, second, study).rows[0].status == "revealed"
