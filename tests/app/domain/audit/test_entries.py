"""Entries of the audit: what may be in them, and the bytes that are hashed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from app.domain.audit.entries import (
    FIRST_PREVIOUS,
    NO_ENTRY,
    canonical_bytes,
    changed_fields,
    entry_after,
)
from tests.app.domain.audit.audit_entries import chain, event

FIRST = (
    '{"action":"case added","actor":"Reader One","actor_kind":"local reader",'
    f'"bundle":"{"b" * 64}","content":"{"c" * 64}","image":"{1:064x}",'
    f'"previous":"{FIRST_PREVIOUS}","recorded_at":"2026-03-01T12:01:00.000000+00:00",'
    f'"sequence":1,"settings":"{"5" * 64}","subject":"c1","version":1}}'
)


def test_the_bytes_that_are_hashed_never_change() -> None:
    first, second = chain(2)
    assert canonical_bytes(vars(first)) == FIRST.encode()
    assert first.hash == hashlib.sha256(FIRST.encode()).hexdigest()
    assert second.previous == first.hash and second.sequence == 2


def test_a_changed_field_is_named_by_its_digest() -> None:
    entry = entry_after(NO_ENTRY, event(1))
    assert changed_fields(entry) == ()
    assert changed_fields(replace(entry, subject="c2", actor="Reader Two")) == ("actor", "subject")


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "Zebrowski, Anna"},
        {"subject": "scan.dcm"},
        {"image": "not a hash"},
        {"content": "A" * 64},
        {"action": "looked at"},
    ],
)
def test_a_name_or_another_text_cannot_get_in(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="audit"):
        replace(event(1), **wrong)  # type: ignore[arg-type]


def test_a_time_that_was_altered_is_none() -> None:
    entry = entry_after(NO_ENTRY, event(1))
    assert entry.at == event(1).at
    assert replace(entry, recorded_at="2026-13-01").at is None
