"""Nothing is queued without a signature and the site's rule; who may ask, and what holds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.actors import PROGRAM, Actor
from app.domain.cases import CaseFilters
from app.domain.errors import Conflict, Forbidden, NotFound, Refused
from app.domain.sending.sending import HELD_SECONDS
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.services import review
from app.services.dicom_out.words import NATURAL, NOT_SIGNED
from app.services.inference import queue
from app.services.sending import asking, delivering, words
from app.services.studies import blinding, managing, reading
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.dicom_out.reads import image_file, sign, taken_in
from tests.app.services.sending.outboxes import (
    NOWHERE,
    FakeStore,
    make_due,
    sending_to,
    signed,
)
from tests.app.services.sending.test_delivering import actions, only
from tests.app.services.workplaces import CLASSES, FakePool, png

LEAD = Actor("Ben", "reader", frozenset({"lead"}))
READER = Actor("Ann", "reader", frozenset({"reader"}))


def test_by_default_nothing_can_be_sent(workplace: Workplace, pool: FakePool) -> None:
    case_id = signed(workplace, pool)
    with pytest.raises(Refused, match="sends nothing"):
        asking.send(workplace, case_id)
    assert asking.listed(workplace) == ()


def test_what_nobody_signed_is_not_sent_whatever_the_rule(
    workplace: Workplace, pool: FakePool
) -> None:
    workplace = sending_to(workplace, NOWHERE, moment="automatic")
    case_id = taken_in(workplace, pool, image_file("dx"))
    with pytest.raises(Refused, match=NOT_SIGNED):
        asking.send(workplace, case_id)
    # A first read that is locked before the model's answer is shown is no signature either.
    blinding.set_reads_first(workplace, True)
    reading.lock(workplace, case_id, label="finding", confidence=3, active_seconds=1.0)
    with pytest.raises(Refused, match=NOT_SIGNED):
        asking.send(workplace, case_id)
    assert asking.listed(workplace) == ()


def test_a_signature_sends_by_itself_where_the_site_says_so_and_only_there(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = signed(sending_to(workplace, NOWHERE), pool)
    assert asking.listed(workplace) == ()
    automatic = sending_to(workplace, NOWHERE, moment="automatic")
    sign(automatic.of(Actor(workplace.reader, "local reader")), case_id)
    row = only(workplace)
    assert (row.revision, row.state, row.asked_by.name) == (2, "waiting", workplace.reader)
    assert [one[:2] for one in actions(workplace, "sending asked for")] == [
        (workplace.reader, f"{case_id}:0:2:main")
    ]


def test_of_a_picture_that_is_no_dicom_file_nothing_is_queued(
    workplace: Workplace, pool: FakePool
) -> None:
    workplace = sending_to(workplace, NOWHERE, moment="automatic")
    case_id = str(intake.add(workplace, png(1), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    sign(workplace, case_id)
    assert asking.listed(workplace) == ()
    with pytest.raises(Refused, match=NATURAL[:20]):
        asking.send(workplace, case_id)


def test_asked_twice_is_one_row_an_archive_and_one_entry(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, replace(NOWHERE, name="research"))
    case_id = signed(workplace, pool)
    assert [one.archive for one in asking.send(workplace, case_id)] == ["main", "research"]
    assert len(asking.send(workplace, case_id)) == 2
    assert len(asking.listed(workplace)) == len(actions(workplace, "sending asked for")) == 2
    while delivering.send_next(workplace, store=store):
        pass
    assert {one.state for one in asking.send(workplace, case_id)} == {"sent"}
    assert len(actions(workplace, "sending asked for")) == 2


def test_what_waits_can_be_cancelled_and_sent_after_all(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    case_id = signed(workplace, pool)
    (row,) = asking.send(workplace, case_id)
    assert asking.cancel(workplace, row.sending_id).state == "cancelled"
    assert not delivering.send_next(workplace, store=store)
    with pytest.raises(Conflict):
        asking.cancel(workplace, row.sending_id)
    assert [one.state for one in asking.send(workplace, case_id)] == ["waiting"]
    assert delivering.send_next(workplace, store=store)
    for change in (asking.cancel, asking.retry):
        with pytest.raises(Conflict):
            change(workplace, row.sending_id)
    with pytest.raises(NotFound):
        asking.retry(workplace, "none")
    assert len(actions(workplace, "sending cancelled")) == 1


def test_all_that_failed_waits_again_at_once(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("parametric-map",))
    asking.send(workplace, signed(workplace, pool))
    assert delivering.send_next(workplace, store=store) and only(workplace).state == "failed"
    assert asking.retry_all(workplace) == 1 and only(workplace).state == "waiting"
    assert asking.retry_all(workplace) == 0


def test_it_takes_the_permission_to_send_and_ones_own_read_before(
    workplace: Workplace, pool: FakePool
) -> None:
    workplace = sending_to(workplace, NOWHERE)
    case_id = signed(workplace, pool)
    with pytest.raises(Forbidden, match="send"):
        asking.send(workplace.of(READER), case_id)
    (row,) = asking.send(workplace.of(LEAD), case_id)
    assert row.asked_by.name == "Ben"
    blinding.set_reads_first(workplace.of(LEAD), True)
    for refused in (
        lambda: asking.send(workplace.of(LEAD), case_id),
        lambda: asking.of_frame(workplace.of(LEAD), case_id),
        lambda: asking.retry(workplace.of(LEAD), row.sending_id),
        lambda: asking.cancel(workplace.of(LEAD), row.sending_id),
    ):
        with pytest.raises(Forbidden, match="Your own read"):
            refused()
    assert asking.listed(workplace.of(LEAD)) == ()


def test_what_a_study_still_has_read_blind_is_held_until_its_reads_are_done(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",), moment="automatic")
    case_id = signed(workplace, pool)
    study = managing.create(
        workplace.of(LEAD),
        name="Blind",
        protocol=Protocol("t", CLASSES, "none", arms=("alone",), adjudication="never", marks="no"),
        cases=[StudyCase(case_id)],
        readers=("Ann",),
    )
    managing.open_study(workplace.of(LEAD), study.study_id)
    assert delivering.send_next(workplace.of(PROGRAM), store=store)
    row = only(workplace)
    assert (row.state, row.reason, row.attempts) == ("waiting", words.HELD, 0)
    assert HELD_SECONDS - 10 < row.wait <= HELD_SECONDS and store.got == []
    reading.lock(
        workplace.of(READER),
        case_id,
        label="none",
        confidence=3,
        active_seconds=1.0,
        study=study.study_id,
    )
    make_due(workplace)
    assert delivering.send_next(workplace, store=store) and only(workplace).state == "sent"


def test_the_list_marks_what_is_on_its_way_and_finds_it_by_that(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    case_id = signed(workplace, pool)

    def marks() -> list[str | None]:
        return [row.sending for row in review.list_cases(workplace).rows]

    assert marks() == [None]
    asking.send(workplace, case_id)
    assert marks() == ["waiting"]
    delivering.send_next(workplace, store=store)
    assert marks() == ["sent"]
    assert review.list_cases(workplace, CaseFilters(sending="sent")).total == 1
    assert review.list_cases(workplace, CaseFilters(sending="failed")).total == 0
    sign(workplace, case_id)
    assert marks() == [None], "the newest revision was not sent"
    assert review.list_cases(workplace, CaseFilters(sending="sent")).total == 0
    asking.send(workplace, case_id)
    delivering.send_next(workplace, store=store)
    blinding.set_reads_first(workplace.of(LEAD), True)
    (hidden,) = review.list_cases(workplace.of(LEAD)).rows
    assert hidden.is_hidden and hidden.sending is None
    assert review.list_cases(workplace.of(LEAD), CaseFilters(sending="sent")).total == 0
