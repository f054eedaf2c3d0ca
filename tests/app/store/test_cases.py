"""Cases: each comes back as it was, and those of the same pixels know each other."""

from datetime import timedelta

from app.store.sql_store import SqlStore
from tests.app.store.example_cases import CREATED, case


def test_a_case_comes_back_as_it_was(store: SqlStore) -> None:
    with store.write() as tx:
        tx.cases.add(case(1))
    with store.read() as tx:
        assert tx.cases.get("c1") == case(1)
        assert tx.cases.find(file_sha256=f"{1:064x}") == case(1)
        assert tx.cases.find(file_sha256="f" * 64) is None


def test_the_same_pixels_are_found_the_first_case_first(store: SqlStore) -> None:
    with store.write() as tx:
        for number, minutes in ((1, 5), (2, 0), (3, 9)):
            tx.cases.add(
                case(number, pixel_sha256="a" * 64, created_at=CREATED + timedelta(minutes=minutes))
            )
        tx.cases.add(case(4))
    with store.read() as tx:
        assert [twin.case_id for twin in tx.cases.with_pixels("a" * 64, limit=9)] == [
            "c2",
            "c1",
            "c3",
        ]
