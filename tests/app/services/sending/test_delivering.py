"""The worker's part: what is signed reaches a real archive once, and what fails says why."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydicom import Dataset, dcmread
from sqlalchemy import text

from app.domain.archives.archive import Credentials
from app.domain.errors import Unavailable
from app.domain.sending.answer import StoreAnswer
from app.domain.sending.sending import FIRST_WAIT, MOST_ATTEMPTS, Sending
from app.services.archives.errors import Unreachable
from app.services.audit import verifying
from app.services.dicom_out import objects
from app.services.dicom_out.files import as_bytes
from app.services.sending import asking, delivering, words
from app.services.workplace import Workplace
from app.store.sending.outbox import GIVEN_UP, OVERTAKEN
from tests.app.services.dicom_out.reads import image_file, sign
from tests.app.services.sending.outboxes import (
    NOWHERE,
    FakeStore,
    all_stored,
    make_due,
    sending_to,
    signed,
)
from tests.app.services.workplaces import FakePool
from tests.orthanc import Orthanc
from tests.paths import ROOT


def only(workplace: Workplace) -> Sending:
    (found,) = asking.listed(workplace)
    return found


def actions(workplace: Workplace, action: str) -> list[tuple[str, str, str]]:
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    return [(e.actor, e.subject, e.content) for e in entries if e.action == action]


def test_a_signed_read_reaches_the_archive_of_its_study_as_it_was_made(
    workplace: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    workplace = sending_to(workplace, orthanc.archive)
    original = image_file("dx")
    orthanc.hold(original)
    case_id = signed(workplace, pool, original)
    assert not delivering.send_next(workplace), "signing alone sends nothing here"
    asking.send(workplace, case_id)
    assert delivering.send_next(workplace) and not delivering.send_next(workplace)
    row = only(workplace)
    assert (row.state, row.attempts, row.reason) == ("sent", 1, "")
    made = {str(one.dataset.SOPInstanceUID): one for one in objects_of(workplace, case_id)}
    assert set(row.stored) == set(made)
    held = [dcmread(io.BytesIO(data)) for data in orthanc.instances()]
    assert {one.StudyInstanceUID for one in held} == {held[0].StudyInstanceUID}
    for one in held:
        if str(one.SOPInstanceUID) in made:
            ours = dcmread(io.BytesIO(as_bytes(made.pop(str(one.SOPInstanceUID)).dataset)))
            assert one == ours
    assert not made
    ((actor, subject, content),) = actions(workplace, "DICOM objects sent")
    assert (actor, subject) == (workplace.reader, f"{case_id}:0:1:main") and len(content) == 64
    assert verifying.verify(workplace).problems == ()


def objects_of(workplace: Workplace, case_id: str) -> tuple[objects.NamedObject, ...]:
    return objects.of_revision(workplace, case_id).objects


def test_sent_twice_is_not_two_and_a_new_revision_is(
    workplace: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    workplace = sending_to(workplace, orthanc.archive, kinds=("report", "capture"))
    case_id = signed(workplace, pool)
    asking.send(workplace, case_id)
    with workplace.store.write() as tx:  # as a worker that is cut off before it writes down
        assert tx.outbox.claim(("main",)) is not None
    made = [one.dataset for one in objects_of(workplace, case_id)]
    sent = [one for one in made if one.Modality in ("SR", "OT")]
    assert delivering.stow.store(orthanc.archive, sent).stored == {
        str(one.SOPInstanceUID) for one in sent
    }
    assert delivering.take_up_left(workplace) == 1
    assert delivering.send_next(workplace) and only(workplace).state == "sent"
    assert len(orthanc.instances()) == 2
    sign(workplace, case_id)
    asking.send(workplace, case_id)
    assert delivering.send_next(workplace) and len(orthanc.instances()) == 4
    assert [(one.revision, one.state) for one in asking.of_frame(workplace, case_id)] == [
        (2, "sent"),
        (1, "sent"),
    ]


def test_an_archive_that_is_away_gets_it_when_it_is_back(
    workplace: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    away = sending_to(workplace, NOWHERE, kinds=("report",))
    case_id = signed(away, pool)
    asking.send(away, case_id)
    assert delivering.send_next(away)
    row = only(away)
    assert row.state == "waiting" and "cannot be reached" in row.reason
    assert FIRST_WAIT - 10 < row.wait <= FIRST_WAIT
    assert not delivering.send_next(away), "its time has not come"
    make_due(away)
    assert delivering.send_next(away)
    assert 2 * FIRST_WAIT - 10 < only(away).wait <= 2 * FIRST_WAIT
    back = sending_to(workplace, orthanc.archive, kinds=("report",))
    make_due(back)
    assert delivering.send_next(back)
    assert (only(back).state, only(back).attempts) == ("sent", 3)
    assert len(orthanc.instances()) == 1


def test_credentials_that_are_refused_are_said_and_wait_for_a_person(
    workplace: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    wrong = replace(orthanc.archive, credentials=Credentials("dprotonet", "wrong-secret-word"))
    refused = sending_to(workplace, wrong, kinds=("report",))
    case_id = signed(refused, pool)
    asking.send(refused, case_id)
    assert delivering.send_next(refused)
    row = only(refused)
    assert row.state == "refused" and "does not accept the user or token" in row.reason
    assert "wrong-secret-word" not in row.reason and "127.0.0.1" not in row.reason
    assert orthanc.instances() == [] and not delivering.send_next(refused)
    mended = sending_to(workplace, orthanc.archive, kinds=("report",))
    asking.retry(mended, row.sending_id)
    assert delivering.send_next(mended) and only(mended).state == "sent"


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.app.services.sending.killed import die_after_storing
die_after_storing(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
"""


def test_a_worker_killed_between_the_archives_answer_and_the_row_sends_nothing_twice(
    workplace: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    workplace = sending_to(workplace, orthanc.archive)
    case_id = signed(workplace, pool)
    asking.send(workplace, case_id)
    settings = workplace.settings
    given = (settings.data, settings.store_url, orthanc.port, settings.assets)
    died = subprocess.run([sys.executable, "-c", KILLED, *map(str, given)], cwd=ROOT)
    assert died.returncode == -signal.SIGKILL
    assert only(workplace).state == "sending" and len(orthanc.instances()) == 4
    assert delivering.take_up_left(workplace) == 1
    assert delivering.send_next(workplace)
    assert only(workplace).state == "sent" and len(orthanc.instances()) == 4
    assert len(actions(workplace, "DICOM objects sent")) == 1


def test_the_answer_is_taken_object_by_object_and_only_the_rest_is_sent_again(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE)
    asking.send(workplace, signed(workplace, pool))

    def no_room_for_the_last(sent: Sequence[Dataset]) -> StoreAnswer:
        uids = [str(one.SOPInstanceUID) for one in sent]
        return StoreAnswer(frozenset(uids[:-1]), {uids[-1]: 0xA700})

    store.answer = no_room_for_the_last
    assert delivering.send_next(workplace, store=store)
    row = only(workplace)
    assert row.state == "waiting" and len(row.stored) == 3
    assert row.reason == "The archive main did not store 1 object: it has no room now (A7xx)."
    make_due(workplace)
    store.answer, store.got = all_stored, []
    assert delivering.send_next(workplace, store=store)
    assert len(store.got) == 1 and only(workplace).state == "sent"
    assert len(only(workplace).stored) == 4


@pytest.mark.parametrize(
    ("reason", "said"),
    [(0x0122, "takes no objects of this kind"), (0xA900, "failure A900"), (0, "without a code")],
)
def test_an_object_that_the_archive_will_never_take_is_refused(
    workplace: Workplace, pool: FakePool, store: FakeStore, reason: int, said: str
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    asking.send(workplace, signed(workplace, pool))
    store.answer = lambda sent: StoreAnswer(frozenset(), {str(sent[0].SOPInstanceUID): reason})
    assert delivering.send_next(workplace, store=store)
    assert only(workplace).state == "refused" and said in only(workplace).reason


def test_an_archive_that_says_nothing_of_an_object_is_asked_again(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    asking.send(workplace, signed(workplace, pool))
    store.answer = lambda sent: StoreAnswer(frozenset())
    assert delivering.send_next(workplace, store=store)
    assert only(workplace).state == "waiting" and "did not say" in only(workplace).reason


def test_it_is_given_up_after_many_tries_and_a_person_can_try_again(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    asking.send(workplace, signed(workplace, pool))

    def away(sent: Sequence[Dataset]) -> StoreAnswer:
        raise Unreachable("The archive main cannot be reached.")

    store.answer = away
    with workplace.store.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET attempts = :n"), {"n": MOST_ATTEMPTS - 2})
    for state in ("waiting", "failed"):
        make_due(workplace)
        assert delivering.send_next(workplace, store=store)
        assert only(workplace).state == state
    row = only(workplace)
    assert row.reason.startswith(f"Given up after {MOST_ATTEMPTS} tries.")
    store.answer = all_stored
    assert asking.retry(workplace, row.sending_id).attempts == 0
    assert delivering.send_next(workplace, store=store) and only(workplace).state == "sent"


def test_what_kills_three_workers_is_given_up(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    asking.send(workplace, signed(workplace, pool))
    for _ in range(3):
        with workplace.store.write() as tx:
            assert tx.outbox.claim(("main",)) is not None
        assert delivering.take_up_left(workplace) == 1
    assert (only(workplace).state, only(workplace).reason) == ("failed", GIVEN_UP)
    assert not delivering.send_next(workplace, store=store) and store.got == []


def test_an_earlier_revision_never_leaves_after_a_newer_one_was_signed(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    case_id = signed(workplace, pool)
    asking.send(workplace, case_id)
    sign(workplace, case_id)
    assert (only(workplace).state, only(workplace).reason) == ("cancelled", OVERTAKEN)
    with pytest.raises(asking.Refused, match="newer revision"):
        asking.retry(workplace, only(workplace).sending_id)
    assert not delivering.send_next(workplace, store=store) and store.got == []


def test_a_rule_that_names_the_archive_no_more_sends_nothing_to_it(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    sends = sending_to(workplace, NOWHERE)
    asking.send(sends, signed(sends, pool))
    assert not delivering.send_next(workplace, store=store), "the site's default: nothing leaves"
    assert not delivering.send_next(
        sending_to(workplace, replace(NOWHERE, name="other")), store=store
    )
    assert store.got == [] and only(workplace).state == "waiting"


def test_of_the_objects_only_those_leave_that_the_site_chose(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report", "segmentation", "parametric-map"))
    asking.send(workplace, signed(workplace, pool))
    assert delivering.send_next(workplace, store=store)
    assert sorted(str(one.Modality) for one in store.got) == ["SEG", "SR"]


def test_where_none_of_them_can_be_made_it_says_so(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("parametric-map",))
    asking.send(workplace, signed(workplace, pool))
    assert delivering.send_next(workplace, store=store)
    row = only(workplace)
    assert row.state == "failed" and row.reason.startswith(words.NOT_CHOSEN)
    assert "frame of reference" in row.reason and store.got == []


def test_an_unexpected_error_is_tried_again_and_quotes_nothing(
    workplace: Workplace, pool: FakePool, store: FakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    asking.send(workplace, signed(workplace, pool))

    name = "Quet" + "zal"

    def fails(sent: Sequence[Dataset]) -> StoreAnswer:
        raise RuntimeError(name)

    store.answer = fails
    assert delivering.send_next(workplace, store=store)
    row = only(workplace)
    assert row.state == "waiting" and "Unexpected error" in row.reason
    assert name not in row.reason + caplog.text


def test_a_database_that_is_away_costs_no_attempt_and_loses_nothing(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    asking.send(workplace, signed(workplace, pool))

    def away(sent: Sequence[Dataset]) -> StoreAnswer:
        raise Unavailable("The database is away.")

    store.answer = away
    with pytest.raises(Unavailable):
        delivering.send_next(workplace, store=store)
    assert only(workplace).state == "sending"
    assert delivering.put_back(workplace) == 1 and only(workplace).attempts == 0
    store.answer = all_stored
    assert delivering.send_next(workplace, store=store) and only(workplace).state == "sent"


def test_a_deleted_case_takes_its_sending_with_it(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    from app.services import review

    workplace = sending_to(workplace, NOWHERE, kinds=("report",))
    case_id = signed(workplace, pool)
    asking.send(workplace, case_id)

    def deleted_meanwhile(sent: Sequence[Dataset]) -> StoreAnswer:
        review.delete_case(workplace, case_id)
        return all_stored(sent)

    store.answer = deleted_meanwhile
    assert delivering.send_next(workplace, store=store)
    assert asking.listed(workplace) == ()
