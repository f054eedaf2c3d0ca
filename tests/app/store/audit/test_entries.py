"""Entries are appended with what they record, without gaps, and read as they lie there."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from app.domain.audit.chain import WORDS, ChainCheck
from app.domain.audit.entries import NO_ENTRY, AuditFilters, AuditHead
from app.domain.errors import Damaged
from app.store.sql_store import SqlStore
from tests.app.domain.audit.audit_entries import AT, chain, event
from tests.app.store.audit.tampering import run, take_guards_down
from tests.app.store.example_cases import case
from tests.paths import ROOT

PROCESSES, EACH = 3, 15


def problems(store: SqlStore) -> list[str]:
    with store.read() as tx:
        return list(ChainCheck().problems(tx.audit.entries()))


def fill(store: SqlStore, length: int) -> None:
    with store.write() as tx:
        for number in range(1, length + 1):
            tx.audit.note(event(number))


def test_what_was_noted_is_appended_in_its_order_with_the_transaction(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.audit.head() == NO_ENTRY
        tx.audit.note(event(1))
        tx.audit.note(event(2))
        third = tx.audit.append(event(3))
    with store.read() as tx:
        assert list(tx.audit.entries()) == chain(3)
        assert tx.audit.head() == AuditHead(3, third.hash)


def test_an_entry_is_kept_only_with_what_it_records(store: SqlStore) -> None:
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.cases.add(case(1))
        tx.audit.append(event(1))
        tx.audit.note(event(2))
        raise RuntimeError
    fill(store, 1)
    with store.read() as tx:
        assert list(tx.audit.entries()) == chain(1) and not list(tx.cases.ids())


def test_a_transaction_that_only_reads_takes_no_entry(store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match="only reads"), store.read() as tx:
        tx.audit.note(event(1))


def test_one_changed_byte_in_any_column_is_found_and_named(store: SqlStore) -> None:
    fill(store, 3)
    take_guards_down(store)
    for name in WORDS:
        number = name in ("sequence", "version")
        other = f"{name} + 5" if number else f"substr({name}, 1, length({name}) - 1) || '~'"
        kept = f"kept_{name}"
        run(
            store,
            f"CREATE TABLE {kept} AS SELECT * FROM audit",
            f"UPDATE audit SET {name} = {other} WHERE sequence = 2",
        )
        entry = 7 if name == "sequence" else 2
        gap = ["Entry 2 is missing."] if name == "sequence" else []
        assert problems(store) == [
            *gap,
            f"Entry {entry}: {WORDS[name]} ({name}) does not agree with what was recorded.",
        ]
        run(store, "DELETE FROM audit", f"INSERT INTO audit SELECT * FROM {kept}")
        assert problems(store) == []


def test_bytes_that_are_no_text_and_a_column_without_a_value_are_named(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    fill(store, 3)
    take_guards_down(store)
    run(
        store,
        "UPDATE audit SET actor = CAST(x'ff41' AS TEXT) WHERE sequence = 1",
        "UPDATE audit SET version = 'x' WHERE sequence = 2",
        "UPDATE audit SET subject = CAST(subject AS BLOB) WHERE sequence = 3",
    )
    assert [sentence.split(")")[0] for sentence in problems(store)] == [
        "Entry 1: actor (actor",
        "Entry 2: version (version",
        "Entry 3: subject (subject",
    ]
    with store.read() as tx:  # the page shows it all the same
        assert tx.audit.page(AuditFilters(), page=0, size=9).rows[2].actor == "\\xffA"
        assert tx.audit.actors() == ("Reader One", "\\xffA")


@pytest.mark.parametrize("altered", ["''", "'0'", "CAST(x'ff' AS TEXT)"])
def test_after_an_end_that_was_made_unreadable_nothing_is_recorded_and_the_reader_is_told_so(
    sqlite_url: str, altered: str
) -> None:
    store = SqlStore(sqlite_url)
    fill(store, 2)
    take_guards_down(store)
    run(store, f"UPDATE audit SET hash = {altered} WHERE sequence = 2")
    with pytest.raises(Damaged, match="python -m app audit verify"), store.write() as tx:
        tx.cases.add(case(1))
        tx.audit.note(event(3))
    with store.read() as tx:
        assert not list(tx.cases.ids())
    assert problems(store) == ["Entry 2: own hash (hash) does not agree with what was recorded."]


def _append(url: str, number: int) -> None:
    store = SqlStore(url)
    for _ in range(EACH):
        with store.write() as tx:
            tx.audit.note(event(number))
    store.close()


def test_processes_that_append_at_once_leave_no_gap(database_url: str) -> None:
    # Not by multiprocessing, whose children would run what a page's test left as the main module.
    call = "from tests.app.store.audit.test_entries import _append; _append({!r}, {})"
    processes = [
        subprocess.Popen([sys.executable, "-c", call.format(database_url, number)], cwd=ROOT)
        for number in range(PROCESSES)
    ]
    assert [process.wait(120) for process in processes] == [0] * PROCESSES
    store = SqlStore(database_url)
    assert problems(store) == []
    with store.read() as tx:
        subjects = [entry.subject for entry in tx.audit.entries()]
    assert sorted(subjects) == sorted([f"c{n}" for n in range(PROCESSES)] * EACH)
    store.close()


def test_filters_and_pages_are_the_databases(store: SqlStore) -> None:
    with store.write() as tx:
        for number in range(1, 6):
            tx.audit.note(event(number))
        tx.audit.note(event(12, action="batch started", actor="Reader Two"))

    def found(**filters: object) -> list[int]:
        with store.read() as tx:
            page = tx.audit.page(AuditFilters(**filters), page=0, size=9)  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return [row.sequence for row in page.rows]

    assert found() == [6, 5, 4, 3, 2, 1]
    assert found(actor="Reader Two") == found(action="batch started") == [6]
    assert found(subject="c1") == [6, 1] and found(subject=f"{3:064x}") == [3]
    assert found(subject="%") == []
    assert found(since=AT + timedelta(minutes=4), until=AT + timedelta(minutes=12)) == [5, 4]
    with store.read() as tx:
        second = tx.audit.page(AuditFilters(), page=1, size=4)
        assert [row.sequence for row in second.rows] == [2, 1] and second.total == 6
        assert tx.audit.actors() == ("Reader One", "Reader Two") and tx.audit.count() == 6


def test_a_chain_of_several_chunks_is_read_whole(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 7)
    monkeypatch.setattr("app.store.audit.entries.CHUNK", 3)
    with store.read() as tx:
        assert [entry.sequence for entry in tx.audit.entries()] == list(range(1, 8))
