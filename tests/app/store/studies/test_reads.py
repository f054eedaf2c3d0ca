"""Reads and studies come back as they were added, on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.annotations import PrototypeJudgement
from app.domain.errors import Conflict, NotFound
from app.domain.marks import Mark
from app.domain.studies.judgement import Judgement
from app.domain.studies.onlooker import Onlooker
from app.domain.studies.order import plan
from app.domain.studies.protocol import Protocol
from app.domain.studies.reads import Adjudication, FirstRead, ReadKey, SignedRead
from app.domain.studies.study import Study, StudyCase
from app.store.sql_store import SqlStore
from tests.app.store.example_cases import case as a_case

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
PROTOCOL = Protocol("t", ("none", "finding"), "none")
STUDY = Study(
    *("s1", "First", "draft", PROTOCOL, PROTOCOL.digest, "m" * 64, "model", ""),
    readers=("ann", "ben"),
    adjudicators=("cho",),
    created_by="lea",
    created_at=AT,
)
BOX = Mark("rectangle", ((0.25, 1.5), (7.0, 8.125)), text="here")


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    """Two cases, read by two readers."""
    with store.write() as tx:
        for number in (1, 2):
            tx.cases.add(a_case(number))
        tx.studies.add(STUDY)
        cases = [StudyCase(a_case(number).case_id) for number in (1, 2)]
        tx.studies.set_cases("s1", [(case, "x" * 64) for case in cases])
        tx.studies.plan("s1", plan(PROTOCOL, cases, STUDY.readers))
        tx.studies.set_state("s1", "open", AT)
    return store


def first_of(case_id: str, reader: str = "ann") -> FirstRead:
    key = ReadKey(case_id, reader, "s1")
    return FirstRead(key, "none", 2, (BOX,), False, {"a": 1, "b": "ä"}, 12.5, AT, audit_salt=reader)


def test_a_study_comes_back_with_its_people_and_cases(filled: SqlStore) -> None:
    with filled.read() as tx:
        assert tx.studies.get("s1") == replace(STUDY, state="open", opened_at=AT, cases=2)
        assert tx.studies.all() == (tx.studies.get("s1"),)
        assert len(tx.studies.cases("s1")) == 2
        with pytest.raises(NotFound):
            tx.studies.get("other")


def test_each_part_of_a_read_comes_back_as_it_was_added(filled: SqlStore) -> None:
    case_id = a_case(1).case_id
    first = first_of(case_id)
    said = Judgement(
        verdict="reject",
        confidence=5,
        reason="partly",
        region="outside the body",
        corrected_label="none",
        text="ä\n",
        prototype_judgements={"p00": PrototypeJudgement(True, "artefact", "device")},
        marks=(BOX,),
        tried=({"off": ["p00"], "probability": 0.125}, {"kept": None}),
        answers={"c": "d"},
        active_seconds=0.5,
    )
    signed = SignedRead(first.key, said, "none", "m" * 64, "finding", 0.75, "caution", AT)
    decided = Adjudication("s1", case_id, 0, "cho", "none", 3, "why", (BOX,), 4.5, AT)
    with filled.write() as tx:
        for read in (first, signed, decided):
            tx.reads.add(read)
        tx.studies.advance(first.key, done=True)
    with filled.read() as tx:
        (read, other) = sorted(
            tx.reads.of_reader("s1", "ann"), key=lambda read: read.key.case_id != case_id
        )
        assert (read.first, read.second) == (first, signed)
        assert (other.first, other.second) == (None, None)
        assert tx.reads.adjudications("s1") == (decided,)
        assert tx.reads.first(first.key) == first
        assert len(tx.reads.of_case("s1", case_id, frame=0)) == 2


def test_a_second_row_of_one_read_is_a_conflict(filled: SqlStore) -> None:
    first = first_of(a_case(1).case_id)
    with filled.write() as tx:
        tx.reads.add(first)
        with pytest.raises(Conflict):
            tx.reads.add(replace(first, label="finding"))
        tx.reads.add(first_of(a_case(1).case_id, "ben"))  # the transaction goes on
    with filled.read() as tx:
        assert tx.reads.first(first.key) == first


def test_what_is_hidden_depends_on_the_reader_and_on_how_far_they_are(filled: SqlStore) -> None:
    case_id = a_case(1).case_id

    def hidden_from(reader: str, *, reads_first: bool = False) -> bool:
        with filled.read() as tx:
            return tx.blinding.is_hidden(Onlooker(reader, reads_first), case_id)

    # The study's case has other pixels here than the case itself: only the hash counts.
    assert not hidden_from("ann")
    with filled.write() as tx:
        pixels = tx.cases.get(case_id).pixel_sha256
        cases = [StudyCase(case_id)]
        tx.studies.add(replace(STUDY, study_id="s2", adjudicators=("dan",)))
        tx.studies.set_cases("s2", [(case, pixels) for case in cases])
        tx.studies.plan("s2", plan(PROTOCOL, cases, STUDY.readers))
    assert not hidden_from("ann")  # it is a draft
    with filled.write() as tx:
        tx.studies.set_state("s2", "open", AT)
        assert tx.studies.is_bound(case_id)
        assert tx.blinding.onlooker("ann", reads_first=False) == Onlooker("ann", False)
        assert tx.blinding.onlooker("eve", reads_first=False) is None
        assert tx.blinding.onlooker("eve", reads_first=True) == Onlooker("eve", True, False)
        assert tx.blinding.onlooker("ann", reads_first=True) == Onlooker("ann", True, True)
        whom = (Onlooker("eve", True, False), Onlooker("eve", True, True))
        # Where it was found that no study hides anything, the same is hidden.
        assert len({tx.blinding.among(who, {case_id}) for who in whom}) == 1
        assert tx.studies.blind_elsewhere(tx.studies.get("s1")) is None
    assert hidden_from("ann") and hidden_from("ben") and hidden_from("dan")
    assert not hidden_from("eve") and hidden_from("eve", reads_first=True)
    with filled.write() as tx:
        tx.studies.advance(ReadKey(case_id, "ann", "s2"), done=False)
        decided = Adjudication("s2", case_id, 0, "dan", "none", 3, "", (), 1.0, AT)
        tx.reads.add(decided)
    assert not hidden_from("ann") and hidden_from("ben") and not hidden_from("dan")
    with filled.write() as tx:
        tx.studies.set_state("s2", "closed", AT)
    assert not hidden_from("ben")


def test_a_preference_is_kept_for_each_reader(store: SqlStore) -> None:
    with store.write() as tx:
        tx.preferences.set("ann", "window", {"width": 400})
        tx.preferences.set("ann", "window", {"width": 350})
    with store.read() as tx:
        assert tx.preferences.get("ann", "window") == {"width": 350}
        assert tx.preferences.get("ben", "window", 7) == 7
