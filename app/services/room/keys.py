"""What the keyboard does in the room. A reader may give everything another key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.domain.errors import Refused

LONGEST_KEY = 30  # characters
MOST_KEYS = 200
_NAME = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Key:
    """One thing that a key does."""

    id: str
    key: str
    """As the browser writes it: "a", "Ctrl+Enter", "Shift+3"; empty for none."""
    title: str
    group: str


VERDICT, IMAGE, EVIDENCE, ROOM = "Verdict", "Image", "Evidence", "Room"
KEYS = (
    Key("accept", "a", "The label is right", VERDICT),
    Key("reject", "r", "The label is wrong", VERDICT),
    Key("supplement", "s", "Right, but incomplete", VERDICT),
    *(Key(f"confidence-{n}", str(n), f"Confidence {n}", VERDICT) for n in range(1, 6)),
    Key("reason-right", "Shift+a", "The reason is right", VERDICT),
    Key("reason-wrong", "Shift+r", "The reason is wrong", VERDICT),
    Key("nothing-to-mark", "Shift+n", "Nothing to mark (first read)", VERDICT),
    Key("remarks", "t", "Write remarks", VERDICT),
    Key("sign", "Ctrl+Enter", "Sign, or lock, and go on", VERDICT),
    Key("judge", "j", "Judge the reason; of a first read, the first question", EVIDENCE),
    Key("next-prototype", "ArrowRight", "Next reason", EVIDENCE),
    Key("previous-prototype", "ArrowLeft", "Previous reason", EVIDENCE),
    Key("next-source", "ArrowDown", "What it was made of, the next", EVIDENCE),
    Key("previous-source", "ArrowUp", "What it was made of, the one before", EVIDENCE),
    Key("off", "c", "Switch the reason off or on", EVIDENCE),
    Key("restore", "Shift+c", "Restore what was tried", EVIDENCE),
    Key("heatmap", "o", "Heatmap on or off", EVIDENCE),
    Key("contour", "u", "Heatmap as colour or as contour", EVIDENCE),
    Key("box", "Shift+b", "Box around the finding", IMAGE),
    Key("outline", "Shift+d", "Outline of the finding", IMAGE),
    Key("next", "n", "Next case to read", ROOM),
    Key("previous", "p", "Case before", ROOM),
    Key("list", "Shift+l", "All cases", ROOM),
    Key("full", "f", "Full screen", ROOM),
    Key("help", "?", "These keys", ROOM),
    Key("cancel", "Escape", "Stop drawing or writing", ROOM),
)


def with_tools(tools: Iterable[Key]) -> tuple[Key, ...]:
    """The room's keys, and behind them those of the image's tools; a tool goes without a key where
    the room needs it."""
    known, taken = {key.id for key in KEYS}, {key.key for key in KEYS}
    return (
        *KEYS,
        *(
            replace(tool, key="" if tool.key in taken else tool.key)
            for tool in tools
            if tool.id not in known
        ),
    )


def checked(keys: object) -> dict[str, str]:
    """A reader's own keys, by what they do.

    Raises:
        Refused: they are none.
    """
    is_all = isinstance(keys, dict) and len(keys) <= MOST_KEYS
    if not isinstance(keys, dict) or not is_all or not all(map(_is_key, keys.items())):
        raise Refused("These are no keys. Reload the page, then choose them again.")
    return dict(keys)


def _is_key(entry: tuple[object, object]) -> bool:
    name, key = entry
    is_text = isinstance(name, str) and isinstance(key, str)
    return is_text and bool(_NAME.fullmatch(str(name))) and len(str(key)) <= LONGEST_KEY
