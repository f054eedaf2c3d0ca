"""Read first, then revealed, then signed: by one reader, in a study and in free review."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.errors import Conflict, Forbidden, NotFound, Refused
from app.domain.marks import Mark
from app.domain.studies.judgement import Judgement
from app.domain.studies.protocol import Question
from app.domain.studies.study import Study
from app.services import review
from app.services.audit import verifying
from app.services.studies import blinding, managing, reading
from app.services.workplace import Workplace
from tests.app.services.studies.conftest import People, lock, sign

BOX = Mark("rectangle", ((2.0, 3.0), (9.5, 8.0)))
Opened = Callable[..., Study]


def test_a_case_of_a_study_is_blind_then_revealed_then_signed(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(questions=(Question("seen", "Seen before?", options=("yes", "no")),))
    stage = lambda: reading.stage(people.ann, cases[0], study=study.study_id)  # noqa: E731
    assert stage() == "blind" == reading.stage(people.ann, cases[0])
    assert reading.stage(people.eve, cases[0]) == "free"
    with pytest.raises(Refused, match="own read"):
        sign(people.ann, study, cases[0])
    locked = lock(people.ann, study, cases[0], marks=[BOX], answers={"seen": "no"})
    assert stage() == "revealed" and reading.stage(people.ann, cases[0]) == "free"
    assert reading.first_read(people.ann, cases[0], study=study.study_id) == locked
    assert locked.marks == (BOX,) and locked.answers == {"seen": "no"}
    assert reading.stage(people.ben, cases[0], study=study.study_id) == "blind"
    signed = sign(
        people.ann, study, cases[0], reason="partly", region="elsewhere", tried=({"a": 1},)
    )
    assert stage() == "signed"
    kept = reading.study_read(people.ann, cases[0], study=study.study_id)
    assert (kept.first, kept.second) == (locked, signed)
    assert (signed.label, signed.predicted_label, kept.active_seconds) == ("finding", "finding", 15)


def test_what_was_locked_or_signed_stays(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    first = lock(people.ann, study, cases[0])
    with pytest.raises(Refused, match="locked before"):
        lock(people.ann, study, cases[0], label="none")
    signed = sign(people.ann, study, cases[0])
    with pytest.raises(Refused, match="signed this case"):
        sign(people.ann, study, cases[0], verdict="reject", corrected_label="none")
    with people.ann.store.write() as tx:
        for read in (first, signed):
            with pytest.raises(Conflict):
                tx.reads.add(replace(read, label="none"))
    read = reading.study_read(people.ann, cases[0], study=study.study_id)
    assert (read.first, read.second) == (first, signed)


def test_of_several_that_lock_one_read_at_once_one_does(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()

    def attempt(number: int) -> bool:
        try:
            lock(people.ann, study, cases[0], confidence=number)
        except (Conflict, Refused):
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(attempt, (1, 2, 3, 4))) == 1
    assert reading.stage(people.ann, cases[0], study=study.study_id) == "revealed"


def test_the_audit_knows_each_read_and_finds_one_that_was_changed(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    lock(people.ann, study, cases[0])
    sign(people.ann, study, cases[0])
    auditor = replace(people.ann, actor=replace(people.ann.actor, roles=frozenset({"auditor"})))
    with people.ann.store.read() as tx:
        actions = [entry.action for entry in tx.audit.entries()][-4:]
        subjects = [entry.subject for entry in tx.audit.entries()][-2:]
    assert actions == ["study created", "study opened", "read locked", "read signed"]
    assert subjects == [f"{cases[0]}:0:{part}:{study.study_id}:1" for part in ("first", "second")]
    assert verifying.verify(auditor).problems == ()
    with people.ann.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE first_read SET label = 'none'")
        connection.exec_driver_sql("DELETE FROM signed_read")
    changed, lost = verifying.verify(auditor).problems
    assert "first" in changed and "changed after" in changed and "second" in lost


NOT_ALLOWED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"label": "other"}, "none of the labels"),
    ({"confidence": 6}, "confidence"),
    ({"active_seconds": -1}, "time that this read took"),
    ({"marks": [BOX], "nothing_to_mark": True}, "Choose one"),
    ({}, "Mark where you see it"),
    ({"nothing_to_mark": True}, "no answer to “Sure.”"),
    ({"nothing_to_mark": True, "answers": {"sure": 3}}, "no answer to “Sure.”"),
    ({"nothing_to_mark": True, "answers": {"other": "x"}}, "no question"),
)


def test_a_read_that_its_protocol_does_not_allow_is_refused(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    scale = Question("sure", "Sure?", kind="scale", options=("no", "yes"))
    study = opened(marks="required", questions=(scale,))
    for said, sentence in NOT_ALLOWED:
        with pytest.raises(Refused, match=sentence):
            lock(people.ann, study, cases[0], **said)
    assert reading.stage(people.ann, cases[0], study=study.study_id) == "blind"


def test_only_a_studys_readers_read_in_it_while_it_is_open(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    with pytest.raises(NotFound, match="not among"):
        lock(people.eve, study, cases[0])
    with pytest.raises(NotFound):
        reading.stage(people.eve, cases[0], study=study.study_id)
    managing.close_study(people.lead, study.study_id)
    with pytest.raises(Refused, match="not open"):
        lock(people.ann, study, cases[0])
    assert reading.stage(people.ann, cases[0]) == "free"


def test_the_label_in_the_end_is_what_the_reader_leaves_with(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    lock(people.ann, study, cases[0], label="none")
    assert sign(people.ann, study, cases[0], verdict="reject", text="no").label == "none"
    lock(people.ben, study, cases[0], label="finding")
    with pytest.raises(Refused, match="which label is right"):
        sign(people.ben, study, cases[0], verdict="reject", text="no")
    with pytest.raises(Refused, match="none of the labels"):
        sign(people.ben, study, cases[0], verdict="reject", corrected_label="other")
    assert (
        sign(people.ben, study, cases[0], verdict="reject", corrected_label="none").label == "none"
    )


def test_each_reader_has_an_order_of_their_own_that_stays(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(seed=3)
    order = lambda person: [  # noqa: E731
        entry.read.key.case_id for entry in reading.queue(person, study.study_id)
    ]
    assert sorted(order(people.ann)) == sorted(cases) == sorted(order(people.ben))
    assert order(people.ann) != order(people.ben)
    assert reading.queue(people.eve, study.study_id) == ()
    first, second = order(people.ann)[:2]
    ahead = reading.next_case(people.ann, study.study_id, besides=first)
    assert ahead is not None and ahead.read.key.case_id == second
    lock(people.ann, study, first)
    following = reading.next_case(people.ann, study.study_id)
    assert following is not None and following.read.key.case_id == first  # it is not signed yet
    sign(people.ann, study, first, verdict="supplement", text="as before")
    following = reading.next_case(people.ann, study.study_id)
    assert following is not None and following.read.key.case_id == second


def test_a_repeat_waits_for_its_washout_and_is_blind_again(
    people: People, opened: Opened, cases: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = opened(cases[:2], repeated=0.5, washout_cases=1, washout_days=3, arms=("alone",))
    entries = reading.queue(people.ann, study.study_id)
    (again,) = [entry.read.key for entry in entries if entry.read.is_repeat]
    other = next(case_id for case_id in cases[:2] if case_id != again.case_id)
    assert [entry.is_due for entry in entries if entry.read.is_repeat] == [False]
    lock(people.ann, study, again.case_id)
    assert reading.stage(people.ann, again.case_id) == "blind"  # the second round is to come
    lock(people.ann, study, other)
    assert reading.next_case(people.ann, study.study_id) is None
    with pytest.raises(Refused, match="cannot be read again before 04 March 2026"):
        lock(people.ann, study, again.case_id)
    later = replace(people.ann, clock=lambda: people.ann.clock() + timedelta(days=4))
    due = reading.next_case(later, study.study_id)
    assert due is not None and due.read.key == again
    lock(later, study, again.case_id, label="none")
    assert all(entry.read.is_done for entry in reading.queue(later, study.study_id))
    assert reading.stage(people.ann, again.case_id) == "free"


def test_without_ai_and_with_it_are_read_as_two_rounds(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(arms=("alone", "with AI"))
    for person in (people.ann, people.ben):
        while (entry := reading.next_case(person, study.study_id)) is not None:
            key = entry.read.key
            if entry.read.arm == "alone":
                assert reading.stage(person, key.case_id) == "blind"
                lock(person, study, key.case_id, label="none")
            else:
                assert reading.stage(person, key.case_id, study=study.study_id) == "revealed"
                assert reading.stage(person, key.case_id) == "free"
                sign(person, study, key.case_id)
    rounds = {
        (entry.read.arm, entry.read.key.round)
        for entry in reading.queue(people.ann, study.study_id)
    }
    assert len(rounds) == 4  # half of the cases alone first


def test_a_reader_can_choose_to_read_first_everywhere(
    people: People, cases: tuple[str, ...]
) -> None:
    with pytest.raises(Refused, match="Nothing is hidden"):
        reading.lock(people.ann, cases[0], label="none", confidence=3, active_seconds=1.0)
    blinding.set_reads_first(people.ann, True)
    assert blinding.reads_first(people.ann) and not blinding.reads_first(people.ben)
    assert reading.stage(people.ann, cases[0]) == "blind"
    assert reading.stage(people.ben, cases[0]) == "free"
    with pytest.raises(Refused, match="Say what it shows"):
        reading.lock(people.ann, cases[0], label="", confidence=3, active_seconds=1.0)
    reading.lock(
        people.ann, cases[0], label="", nothing_to_mark=True, confidence=3, active_seconds=1.0
    )
    assert reading.stage(people.ann, cases[0]) == "revealed"
    review.sign(people.ann, cases[0], verdict="accept", confidence=3, expected_revision=0)
    assert reading.stage(people.ann, cases[0]) == "signed"
    assert reading.stage(people.ann, cases[1]) == "blind"
    blinding.set_reads_first(people.ann, False)
    assert reading.stage(people.ann, cases[1]) == "free"


def test_a_studys_protocol_goes_before_a_readers_own_choice(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(cases[:1], arms=("with AI",))
    blinding.set_reads_first(people.ann, True)
    assert reading.stage(people.ann, cases[0]) == "free"
    assert reading.stage(people.ann, cases[1]) == "blind"
    other = opened(cases[1:])
    with pytest.raises(Refused, match="read in a study"):
        reading.lock(people.ann, cases[1], label="none", confidence=3, active_seconds=1.0)
    assert study.study_id != other.study_id


def test_a_deleted_case_takes_its_reads_along_and_the_audit_agrees(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    lock(people.ann, study, cases[0])
    review.delete_case(people.lead, cases[0])
    assert len(reading.queue(people.ann, study.study_id)) == 3
    auditor = replace(people.ann, actor=replace(people.ann.actor, roles=frozenset({"auditor"})))
    assert verifying.verify(auditor).problems == ()


def test_a_reader_alone_needs_no_name_of_others(
    workplace: Workplace, cases: tuple[str, ...]
) -> None:
    assert managing.candidates(workplace) == (("Reader One",), ("Reader One",))
    assert isinstance(Judgement("accept", 3), Judgement)
    with pytest.raises(Forbidden):
        managing.candidates(workplace.of(replace(workplace.actor, kind="nobody")))
