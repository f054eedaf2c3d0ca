"""What became of each file of a soak, so that a soak goes on where it was cut off."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_NUMBER = re.compile(r"-?\d[\d,.]*")
NAMELESS = ("unexpected error", "traceback", "application log", "error:", "exception")


@dataclass(frozen=True)
class Outcome:
    """One file."""

    number: int
    kind: str
    way: str
    """review, batch, or archive: how it came in."""
    outcome: str
    message: str

    @property
    def fault(self) -> str:
        """Why this may not happen; nothing where it may."""
        text = self.message.lower()
        if self.kind == "good" and self.outcome not in ("added", "done", "held", "duplicate"):
            return f"a whole file was not taken in: {self.message}"
        if self.outcome in ("error", "skipped", "held") and not self.message.strip():
            return "no sentence"
        if any(word in text for word in NAMELESS):
            return f"not a named error: {self.message}"
        return ""


class Ledger:
    """The file that holds them, a line a block of files; threads may add at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, block: int, outcomes: Iterable[Outcome]) -> None:
        """Keep those of a block, which is named by its first number."""
        entry = {"block": block, "outcomes": [asdict(one) for one in outcomes]}
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    @property
    def blocks(self) -> set[int]:
        """Blocks that were kept."""
        return {entry["block"] for entry in self._entries()}

    def all(self) -> list[Outcome]:
        """All outcomes that were kept."""
        return [Outcome(**one) for entry in self._entries() for one in entry["outcomes"]]

    def _entries(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]


def tables(outcomes: list[Outcome]) -> dict[str, object]:
    """Counts by kind and outcome, by way, and every sentence with how often it came."""
    by_kind: dict[str, Counter[str]] = {}
    ways: dict[str, Counter[str]] = {}
    sentences: Counter[str] = Counter()
    for one in outcomes:
        by_kind.setdefault(one.kind, Counter())[one.outcome] += 1
        ways.setdefault(one.way, Counter())[one.outcome] += 1
        if one.outcome in ("error", "skipped", "held"):
            sentences[first_sentence(one.message)] += 1
    return {
        "files": len(outcomes),
        "by_kind": {kind: dict(by_kind[kind]) for kind in sorted(by_kind)},
        "by_way": {way: dict(ways[way]) for way in sorted(ways)},
        "sentences": dict(sentences.most_common()),
    }


def first_sentence(message: str) -> str:
    """The fact, with its numbers and names left out, so that equal ones can be counted."""
    text = message.replace("\\", "")
    fact = text.partition(". ")[0].rstrip(".")
    for quote in ("“", '"'):
        if quote in fact:
            fact = fact[: fact.index(quote)] + "…"
    return _NUMBER.sub("#", fact)[:120]
