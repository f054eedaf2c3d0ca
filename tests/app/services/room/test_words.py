"""The words of the room's buttons: each is used, and none is missing."""

from __future__ import annotations

import re

from app.services.room.words import WORDS
from tests.paths import ROOT

SCRIPTS = "\n".join(
    path.read_text("utf-8") for path in sorted((ROOT / "app/viewer/source").rglob("*.js"))
)


def test_every_word_that_the_room_asks_for_is_there() -> None:
    room = "\n".join(
        path.read_text("utf-8") for path in sorted((ROOT / "app/viewer/source/room").rglob("*.js"))
    )
    asked = set(re.findall(r"\bwords\.(\w+)", room))
    assert asked and asked - set(WORDS) == set()


def test_no_word_is_kept_for_nothing() -> None:
    def is_used(name: str) -> bool:
        stem = name.split("_")[0]
        return bool(re.search(rf"\b{name}\b", SCRIPTS)) or f"{stem}_$" in SCRIPTS

    assert [name for name in WORDS if not is_used(name)] == []
