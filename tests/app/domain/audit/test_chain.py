"""What does not agree in a chain is told, with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.audit.chain import WORDS, Anchor, ChainCheck
from app.domain.audit.entries import AuditEntry, AuditHead, entry_after
from tests.app.domain.audit.audit_entries import chain, event


def problems(entries: list[AuditEntry], *anchors: Anchor) -> list[str]:
    return list(ChainCheck(anchors).problems(entries))


def anchor_of(entry: AuditEntry) -> Anchor:
    return Anchor(entry.sequence, entry.hash, "2026-03-02")


def head_of(entry: AuditEntry) -> AuditHead:
    return AuditHead(entry.sequence, entry.hash)


def test_a_chain_that_was_left_alone_agrees_and_gives_its_head() -> None:
    entries = chain(5)
    check = ChainCheck([anchor_of(entries[2])])
    assert list(check.problems(entries)) == []
    assert check.head == head_of(entries[4]) and check.entries == 5
    assert problems([]) == []


@pytest.mark.parametrize("field", AuditEntry.__dataclass_fields__)
@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "middle", "last"])
def test_a_changed_field_is_named_with_its_entry_and_nothing_else(field: str, place: int) -> None:
    entries = chain(5)
    value = getattr(entries[place], field)
    changed = value + 100 if isinstance(value, int) else value[:-1] + chr(ord(value[-1]) ^ 1)
    entries[place] = replace(entries[place], **{field: changed})
    entries.sort(key=lambda entry: entry.sequence)
    named = f"Entry {entries[-1].sequence if field == 'sequence' else place + 1}: "
    told = problems(entries)
    assert f"{named}{WORDS[field]} ({field}) does not agree with what was recorded." in told
    rest = [sentence for sentence in told if not sentence.startswith(named)]
    gap = [f"Entry {place + 1} is missing."] if field == "sequence" and place < 4 else []
    assert rest == gap


def test_several_fields_are_named_together() -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], actor="Reader Two", subject="c9")
    assert problems(entries) == [
        "Entry 2: actor (actor), subject (subject) do not agree with what was recorded."
    ]


def test_missing_entries_are_named() -> None:
    entries = chain(7)
    assert problems(entries[:2] + entries[3:]) == ["Entry 3 is missing."]
    assert problems(entries[:2] + entries[5:]) == ["Entries 3 to 5 are missing."]
    assert problems(entries[1:]) == ["Entry 1 is missing."]


def test_entries_in_another_order_are_named() -> None:
    entries = chain(4)
    entries[1], entries[2] = replace(entries[2], sequence=2), replace(entries[1], sequence=3)
    told = problems(entries)
    for number in (2, 3):
        assert any(
            sentence.startswith(f"Entry {number}: number (sequence)") for sentence in told
        ), told


def test_an_entry_that_was_replaced_with_its_hash_is_named_by_the_next_one() -> None:
    entries = chain(4)
    entries[1] = entry_after(head_of(entries[0]), event(9))
    assert problems(entries) == [
        "Entry 2 is not the one that entry 3 was added after: it was replaced as a whole."
    ]


def test_a_chain_that_was_rewritten_to_its_end_is_found_by_an_anchor_alone() -> None:
    entries = chain(4)
    rewritten = entries[:1]
    for number in (2, 3, 4):
        rewritten.append(entry_after(head_of(rewritten[-1]), event(number + 10)))
    assert problems(rewritten) == []
    (told,) = problems(rewritten, anchor_of(entries[0]), anchor_of(entries[2]))
    assert told.startswith("Entry 3 is not the one that the anchor of 2026-03-02 names")


def test_a_head_that_lies_before_an_anchor_is_found() -> None:
    entries = chain(4)
    assert problems(entries[:2], anchor_of(entries[3])) == [
        "The anchor of 2026-03-02 names entry 4, but the chain ends with entry 2."
    ]


def test_an_anchor_before_a_restore_is_told_with_the_entry_that_records_it() -> None:
    entries = chain(4)
    restored = replace(event(5, action="backup restored"), subject="4", content=entries[3].hash)
    shorter = [*entries[:2], entry_after(head_of(entries[1]), restored)]
    told = problems(shorter, anchor_of(entries[2]), anchor_of(entries[3]))
    assert len(told) == 2
    assert all("Entry 3 says that a backup was restored" in sentence for sentence in told)
