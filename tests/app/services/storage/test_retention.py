"""What a rule lets go: shown first, deleted as it was shown, and nothing that is in use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.domain.proposals import Proposal, ProposalStep
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.services import jobs, originals, review
from app.services.audit import reading, verifying
from app.services.sending import asking, delivering
from app.services.storage import retention
from app.services.studies import managing
from app.services.studies import reading as study_reading
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.retention.due import JOB, PROPOSAL, READING, SENDING, STUDY
from tests.app.services.sending.outboxes import NOWHERE, FakeStore, sending_to, signed
from tests.app.services.workplaces import CLASSES, START, FakePool, dicom, make_workplace, png


@pytest.fixture
def workplace(tmp_path: Path, database_url: str, assets: Path) -> Iterator[Workplace]:
    opened = make_workplace(
        Settings(
            tmp_path / "data",
            database_url=database_url,
            assets=assets,
            keep_read_days=30,
            keep_unread_days=10,
        )
    )
    yield opened
    opened.close()


def after(workplace: Workplace, days: int) -> Workplace:
    return replace(workplace, clock=lambda: START + timedelta(days=days))


def add(workplace: Workplace, number: int) -> str:
    data = png(number)
    case_id = intake.add(workplace, data, name=f"{number}.png", predict=False).case_id
    assert case_id is not None
    return case_id


def sign(workplace: Workplace, case_id: str, **more: object) -> None:
    review.sign(
        workplace,
        case_id,
        verdict="supplement",
        confidence=3,
        expected_revision=0,
        text="seen",
        **more,  # type: ignore[arg-type]
    )


def test_a_dry_run_names_what_is_due_and_only_that_goes(workplace: Workplace) -> None:
    unread, read = add(workplace, 1), add(workplace, 2)
    sign(workplace, read)
    recent = add(after(workplace, 15), 3)
    plan = retention.plan(after(workplace, 20))
    assert [(one.case_id, one.signatures) for one in plan.due] == [(unread, 0)]
    assert "never signed" in plan.due[0].why and plan.size == len(png(1))
    with workplace.store.read() as tx:
        assert set(tx.cases.ids()) == {unread, read, recent}
    with pytest.raises(Refused, match="not what this plan named"):
        retention.apply(after(workplace, 40), plan.digest)  # more is due by then
    gone = retention.apply(after(workplace, 20), plan.digest)
    assert (gone.deleted, gone.left) == (1, 0)
    with workplace.store.read() as tx:
        assert set(tx.cases.ids()) == {read, recent}
    assert not workplace.blobs.exists(hashlib.sha256(png(1)).hexdigest())
    entry = reading.search(workplace).rows[0]
    assert (entry.action, entry.subject, entry.content) == ("case deleted", unread, plan.digest)
    later = retention.plan(after(workplace, 40))
    assert {one.case_id for one in later.due} == {read, recent} and later.signatures == 1
    retention.apply(after(workplace, 40), later.digest)
    assert verifying.verify(workplace).count == 0  # the signature's entry stays, and its case's end


def test_cases_in_use_stay_and_say_why(workplace: Workplace) -> None:
    judged, working, free = (add(workplace, number) for number in range(3))
    first, second = (
        intake.add(place, dicom(number), name="a.dcm", predict=False).case_id
        for number, place in ((5, workplace), (6, after(workplace, 55)))
    )
    with workplace.store.read() as tx:
        model = tx.cases.get(judged).model or ""
    prototype = workplace.models.get(model).prototypes[0]
    from app.domain.annotations import PrototypeJudgement

    sign(workplace, judged, prototype_judgements={prototype: PrototypeJudgement(similar=True)})
    step = ProposalStep(1, "proposed", workplace.actor, START)
    with workplace.store.write() as tx:
        tx.proposals.add(Proposal("p1", "learned", model, "m", (), (), None, None, "why", (step,)))
        jobs.enqueue_prediction(tx, case_id=working, frame=0, model=model, now=START)
    plan = retention.plan(after(workplace, 60))
    assert [one.case_id for one in plan.due] == [free]
    assert {one.case_id: one.why for one in plan.held} == {
        judged: PROPOSAL,
        working: JOB,
        first: STUDY,
    }
    assert second not in {one.case_id for one in plan.held}


def test_what_waits_for_an_archive_stays_until_it_is_sent(workplace: Workplace) -> None:
    sends = sending_to(workplace, NOWHERE, kinds=("report",))
    case_id = signed(sends, FakePool())
    asking.send(sends, case_id)
    (held,) = retention.plan(after(workplace, 60)).held
    assert (held.case_id, held.why) == (case_id, SENDING)
    assert delivering.send_next(sends, store=FakeStore())
    assert [one.case_id for one in retention.plan(after(workplace, 60)).due] == [case_id]


def test_a_stop_in_between_is_gone_on_from_and_what_was_signed_since_stays(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [add(workplace, number) for number in range(4)]
    later = after(workplace, 20)
    plan = retention.plan(later)
    real, calls = originals.remove, iter(range(9))

    def stopped(place: Workplace, change: object) -> None:
        if next(calls) == 2:
            raise KeyboardInterrupt
        real(place, change)  # type: ignore[arg-type]

    monkeypatch.setattr(originals, "remove", stopped)
    with pytest.raises(KeyboardInterrupt):
        retention.apply(later, plan.digest)
    with workplace.store.read() as tx:
        left = list(tx.cases.ids())
    assert len(left) == 2 and set(left) < set(cases)
    sign(later, left[0])
    gone = retention.apply(later, plan.digest)
    assert (gone.deleted, gone.left) == (1, 1)
    with workplace.store.read() as tx:
        assert list(tx.cases.ids()) == [left[0]]
    with pytest.raises(Refused):
        retention.apply(later, plan.digest)  # it is carried out


def test_a_studys_cases_stay_until_it_is_closed_and_its_reads_count(workplace: Workplace) -> None:
    case_id, other = add(workplace, 1), add(workplace, 2)
    made = managing.create(
        workplace,
        name="Two",
        protocol=Protocol("t", CLASSES, "none", arms=("alone",), adjudication="never"),
        cases=[StudyCase(case_id), StudyCase(other)],
        readers=(workplace.reader,),
    )
    managing.open_study(workplace, made.study_id)
    study_reading.lock(
        workplace,
        case_id,
        study=made.study_id,
        label="none",
        confidence=3,
        active_seconds=1.0,
    )
    plan = retention.plan(after(workplace, 60))
    assert {one.why for one in plan.held} == {READING} and plan.due == ()
    managing.close_study(workplace, made.study_id)
    (unread,) = retention.plan(after(workplace, 20)).due
    assert unread.case_id == other  # the other one was read, and goes by that rule
    plan = retention.plan(after(workplace, 60))
    assert (len(plan.due), plan.signatures) == (2, 1)
    retention.apply(after(workplace, 60), plan.digest)
    assert verifying.verify(workplace).problems == ()


def test_without_a_rule_nothing_is_due(workplace: Workplace) -> None:
    settings = replace(workplace.settings, keep_read_days=None, keep_unread_days=None)
    with pytest.raises(Refused, match="DPROTONET_KEEP_READ_DAYS"):
        retention.plan(replace(workplace, settings=settings))
