"""Cases that are written together with their predictions say what those do that come one by one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.domain.cases import CaseFacts
from app.store.files.identities import SealedIdentity
from app.store.rows import CaseEntry
from app.store.sql_store import SqlStore
from app.store.together.new_cases import NewCase
from tests.app.store.example_cases import CREATED, case
from tests.app.store.test_case_list import predicted, refused

MODEL = "2" * 64


def test_the_list_says_of_them_what_it_says_of_others(store: SqlStore) -> None:
    facts = CaseFacts("png", 4, 6)
    said = [predicted(0.9), refused(), predicted(0.2)]
    rows = []
    for together in (False, True):
        cases = [case(number, model=MODEL, facts=facts) for number in range(len(said))]
        with store.write() as tx:
            new = [NewCase(one, told) for one, told in zip(cases, said, strict=True)]
            if together:
                tx.new_cases.add(new, negative_class="well", now=CREATED)
            else:
                for one in new:
                    tx.cases.add(one.case)
                    tx.predictions.save(
                        one.case.case_id,
                        frame=0,
                        model=MODEL,
                        prediction=one.prediction,
                        negative_class="well",
                        now=CREATED,
                    )
        with store.read() as tx, store.engine.connect() as connection:
            stored = [tx.predictions.get(one.case_id, frame=0, model=MODEL) for one in cases]
            entries = connection.execute(select(CaseEntry.__table__).order_by(CaseEntry.id))
            rows.append((stored, entries.all()))
        with store.write() as tx:
            for one in cases:
                tx.cases.delete(one.case_id)
    assert rows[0] == rows[1] and len(rows[0][1]) == 3


def test_a_file_of_a_study_brings_its_earlier_files_along(store: SqlStore) -> None:
    later = CREATED + timedelta(hours=1)
    with store.write() as tx:
        tx.cases.add(case(1))
        tx.new_cases.add(
            [
                NewCase(case(2, model=MODEL, created_at=later), predicted(0.2)),
                NewCase(case(3, model=MODEL), predicted(0.2)),
            ],
            negative_class="well",
            now=later,
        )
    with store.engine.connect() as connection:
        newest = connection.execute(select(CaseEntry.study_newest)).scalars().all()
    assert newest == [later] * 3


def test_of_patients_they_have_the_pseudonym(store: SqlStore) -> None:
    one = case(1, model=MODEL)
    with store.write() as tx:
        tx.identities.put(one.file_sha256, SealedIdentity("P-1", "image", "sealed"))
        tx.new_cases.add([NewCase(one, predicted(0.2))], negative_class=None, now=CREATED)
    with store.engine.connect() as connection:
        assert connection.execute(select(CaseEntry.patient)).scalars().all() == ["P-1"]


def test_what_is_known_is_found_by_its_bytes_and_by_its_pixels(store: SqlStore) -> None:
    first, second = case(1), case(2, file_name="b.dcm")
    second = replace(
        second, pixel_sha256=first.pixel_sha256, created_at=CREATED + timedelta(seconds=1)
    )
    with store.write() as tx:
        tx.cases.add(second)
        tx.cases.add(first)
    with store.read() as tx:
        assert tx.new_cases.known_files([first.file_sha256, "f" * 64]) == {first.file_sha256}
        assert tx.new_cases.first_with_pixels([first.pixel_sha256, "f" * 64]) == {
            first.pixel_sha256: "a.dcm"
        }
        assert tx.new_cases.known_files([]) == set()


def test_a_file_that_is_a_case_already_is_refused(store: SqlStore) -> None:
    with store.write() as tx:
        tx.cases.add(case(1))
    again = replace(case(1, model=MODEL), case_id="another")
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.new_cases.add([NewCase(again, predicted(0.2))], negative_class=None, now=CREATED)
