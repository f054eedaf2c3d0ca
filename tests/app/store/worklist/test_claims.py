"""At most one claim of a case is in force, however many people come at once."""

import threading
from datetime import timedelta

from app.domain.worklist.claims import LEASE, Claim
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW
from tests.app.store.test_case_list import add


def test_of_many_who_claim_a_case_at_once_one_has_it(database_url: str) -> None:
    store = SqlStore(database_url)
    case_id = add(store, 1)
    claims: list[Claim | None] = []
    begin = threading.Barrier(4)

    def claim(name: str) -> None:
        begin.wait()
        with store.write() as tx:
            claims.append(tx.claims.take(case_id, name, NOW))

    people = [threading.Thread(target=claim, args=(f"reader {n}",)) for n in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(claims) == 4 and claims[0] is not None and len(set(claims)) == 1
    store.close()


def test_a_claim_is_taken_over_when_it_has_run_out_and_not_before(database_url: str) -> None:
    store = SqlStore(database_url)
    case_id = add(store, 1)
    end = NOW + LEASE
    with store.write() as tx:
        first = tx.claims.take(case_id, "Anna", NOW)
        assert first == Claim(case_id, "Anna", NOW, end)
        assert tx.claims.take(case_id, "Berta", end - timedelta(seconds=1)) == first
        assert tx.claims.of(case_id, end) is None
        assert tx.claims.take(case_id, "Berta", end) == Claim(case_id, "Berta", end, end + LEASE)
        assert not tx.claims.renew(case_id, "Anna", end)
    with store.write() as tx:
        tx.cases.delete(case_id)
        assert tx.claims.of(case_id, end) is None
    store.close()
