"""Verifying a chain: which entry does not agree, and in which field; pure, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.audit.entries import (
    FIELDS,
    FIRST_PREVIOUS,
    NO_ENTRY,
    AuditEntry,
    AuditHead,
    changed_fields,
    hash_of,
)

WORDS: Mapping[str, str] = {
    "version": "version",
    "sequence": "number",
    "recorded_at": "time",
    "actor": "actor",
    "actor_kind": "kind of actor",
    "action": "action",
    "subject": "subject",
    "image": "hash of the image",
    "bundle": "digest of the model",
    "settings": "digest of the settings",
    "content": "hash of the contents",
    "previous": "hash of the entry before",
    "hash": "own hash",
    "field_digests": "digests of the fields",
}
"""How a sentence names a column."""


@dataclass(frozen=True)
class Anchor:
    """A head that was noted outside: the chain must still hold it."""

    sequence: int
    hash: str
    at: str
    """When it was noted, as it was written."""


class ChainCheck:
    """Reads a chain from its first entry to its last and tells what does not agree."""

    def __init__(self, anchors: Sequence[Anchor] = ()) -> None:
        self.head: AuditHead = NO_ENTRY
        self.entries = 0
        self._anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.sequence, []).append(anchor)
        self._restores: list[tuple[int, int]] = []

    def problems(self, entries: Iterable[AuditEntry]) -> Iterator[str]:
        """A sentence for each thing that does not agree.

        Args:
            entries: by ascending number.
        """
        before: AuditEntry | None = None
        expected = 1
        for entry in entries:
            self.entries += 1
            changed = changed_fields(entry)
            if "sequence" not in changed:
                yield from _gap(expected, entry.sequence)
                yield from _link(before, entry, changed, is_next=entry.sequence == expected)
                expected = entry.sequence + 1
                before = entry
                self.head = AuditHead(entry.sequence, entry.hash)
            yield from _own(entry, changed)
            self._note_restore(entry)
            yield from self._at_anchor(entry)
        yield from self._beyond()

    def _at_anchor(self, entry: AuditEntry) -> Iterator[str]:
        for anchor in self._anchors.pop(entry.sequence, []):
            if anchor.hash != entry.hash:
                yield (
                    f"Entry {entry.sequence} is not the one that the anchor of {anchor.at} names: "
                    f"it, or an entry before it, was replaced.{self._restored(anchor.sequence)}"
                )

    def _beyond(self) -> Iterator[str]:
        for sequence, anchors in sorted(self._anchors.items()):
            what = (
                f"the chain ends with entry {self.head.sequence}"
                if sequence > self.head.sequence
                else "that entry is missing"
            )
            yield (
                f"The anchor of {anchors[0].at} names entry {sequence}, but {what}."
                f"{self._restored(sequence)}"
            )

    def _note_restore(self, entry: AuditEntry) -> None:
        if entry.action == "backup restored" and entry.subject.isdecimal():
            self._restores.append((entry.sequence, int(entry.subject)))

    def _restored(self, sequence: int) -> str:
        """What entry says that a backup took the place of this number, if one does."""
        for restore, last in self._restores:
            if restore <= sequence <= last:
                return (
                    f" Entry {restore} says that a backup was restored then: entries {restore} to "
                    f"{last} of before are in the copy that the restore made."
                )
        return ""


def _gap(expected: int, sequence: int) -> Iterator[str]:
    if sequence == expected + 1:
        yield f"Entry {expected} is missing."
    elif sequence > expected:
        yield f"Entries {expected} to {sequence - 1} are missing."


def _link(
    before: AuditEntry | None, entry: AuditEntry, changed: Sequence[str], *, is_next: bool
) -> Iterator[str]:
    """Does an entry follow the one that stands before it?"""
    if not is_next or "previous" in changed:
        return  # there is a gap, or the field itself is reported
    if before is None:
        if entry.previous != FIRST_PREVIOUS:
            yield f"Entry {entry.sequence} is not the first one: those before it are missing."
    elif entry.previous not in (before.hash, hash_of(before)):
        # Where one of the two agrees, the other is reported as the entry's own.
        is_altered = hash_of(before) != before.hash
        if not is_altered:
            yield (
                f"Entry {before.sequence} is not the one that entry {entry.sequence} was added "
                "after: it was replaced as a whole."
            )


def _own(entry: AuditEntry, changed: Sequence[str]) -> Iterator[str]:
    """Does an entry agree with its own hash?"""
    agrees = hash_of(entry) == entry.hash
    if agrees and not changed:
        return
    if agrees:
        names: Sequence[str] = ("field_digests",)
    elif not changed:
        names = ("hash",)
    elif len(changed) == len(FIELDS):
        yield f"Entry {entry.sequence}: nothing in it agrees with its digests and its hash."
        return
    else:
        names = changed
    listed = ", ".join(f"{WORDS[name]} ({name})" for name in names)
    verb = "does" if len(names) == 1 else "do"
    yield f"Entry {entry.sequence}: {listed} {verb} not agree with what was recorded."
