"""Drafts: one for each reader, frame and study, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.room.drafts import Draft
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW
from tests.app.store.example_cases import case

CONTENT = {"answers": {"text": "ä “half” a thought"}, "marks": [{"points": [[0.5, 1.25]]}]}
DRAFT = Draft("c1", 0, "Ann", 2, CONTENT, NOW)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """A store with two cases."""
    opened = SqlStore(database_url)
    with opened.write() as tx:
        for number in (1, 2):
            tx.cases.add(case(number))
    yield opened
    opened.close()


def save(store: SqlStore, *drafts: Draft) -> None:
    with store.write() as tx:
        for draft in drafts:
            tx.drafts.save(draft)


def test_a_draft_comes_back_as_it_was_saved_and_a_newer_one_replaces_it(store: SqlStore) -> None:
    save(store, DRAFT)
    with store.read() as tx:
        assert tx.drafts.get("c1", frame=0, reader="Ann") == DRAFT
    newer = replace(DRAFT, revision=3, content={}, saved_at=NOW + timedelta(seconds=1))
    save(store, newer)
    with store.read() as tx:
        assert tx.drafts.of_reader("Ann") == (newer,)


def test_each_frame_reader_and_study_has_its_own_and_removing_one_leaves_the_others(
    store: SqlStore,
) -> None:
    others = (
        replace(DRAFT, frame=1),
        replace(DRAFT, reader="Ben"),
        replace(DRAFT, study="s1"),
        replace(DRAFT, case_id="c2"),
    )
    save(store, DRAFT, *others)
    with store.write() as tx:
        tx.drafts.remove("c1", frame=0, reader="Ann")
        tx.drafts.remove("c1", frame=0, reader="Ann")  # nothing is there any more
        assert tx.drafts.get("c1", frame=0, reader="Ann") is None
        for one in others:
            found = tx.drafts.get(one.case_id, frame=one.frame, reader=one.reader, study=one.study)
            assert found == one


def test_a_readers_drafts_come_the_latest_first(store: SqlStore) -> None:
    later = replace(DRAFT, case_id="c2", saved_at=NOW + timedelta(minutes=1))
    save(store, later, DRAFT, replace(DRAFT, reader="Ben"))
    with store.read() as tx:
        assert tx.drafts.of_reader("Ann") == (later, DRAFT)
        assert tx.drafts.of_reader("Ann", limit=1) == (later,)


def test_drafts_go_with_their_case_and_there_is_none_of_a_case_that_is_gone(
    store: SqlStore,
) -> None:
    save(store, DRAFT)
    with store.write() as tx:
        tx.cases.delete("c1")
    with store.read() as tx:
        assert tx.drafts.of_reader("Ann") == ()
    with pytest.raises(IntegrityError):
        save(store, DRAFT)
