"""What the keyboard does in the room. A reader may give everything another key."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    Key("reason-right", "w", "The reason is right", VERDICT),
    Key("remarks", "t", "Write remarks", VERDICT),
    Key("sign", "Ctrl+Enter", "Sign and go on", VERDICT),
    Key("judge", "j", "Judge the prototype", EVIDENCE),
    Key("next-prototype", "ArrowRight", "Next prototype", EVIDENCE),
    Key("previous-prototype", "ArrowLeft", "Previous prototype", EVIDENCE),
    Key("next-source", "ArrowDown", "Its next training image", EVIDENCE),
    Key("off", "x", "Switch the prototype off", EVIDENCE),
    Key("restore", "u", "Restore", EVIDENCE),
    Key("heatmap", "o", "Heatmap on or off", EVIDENCE),
    Key("hide-heatmap", "h", "Hide what is drawn over the image, while held", EVIDENCE),
    Key("box", "b", "Draw a box", IMAGE),
    Key("outline", "y", "Draw an outline", IMAGE),
    Key("next", "n", "Next image", ROOM),
    Key("previous", "p", "Previous image", ROOM),
    Key("list", "l", "All cases", ROOM),
    Key("full", "f", "Full screen", ROOM),
    Key("help", "?", "These keys", ROOM),
    Key("escape", "Escape", "Stop drawing or writing", ROOM),
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
