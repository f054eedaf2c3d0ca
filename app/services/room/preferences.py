"""What a reader has set for themselves in the room; it follows them to other machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.room.keys import checked
from app.services.studies import blinding
from app.services.workplace import Workplace

ROOM = "room"
MOST_PRESETS = 9
_NO_WINDOW = "This is no window. Set centre and width, then save it again."


@needs("see cases")
def of_reader(workplace: Workplace) -> dict[str, Any]:
    """Keys by what they do and window presets, where some were set, and whether this reader's own
    read of every image comes first."""
    with workplace.store.read() as tx:
        found: dict[str, Any] = tx.preferences.get(workplace.reader, ROOM, {})
    return found | {"reads_first": blinding.reads_first(workplace)}


@needs("see cases")
def change(workplace: Workplace, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Change keys, presets, or whether one's own read comes first; what is not sent stays.

    Raises:
        Forbidden: whoever does not sign chooses nothing about their reads.
        Refused: what was sent are no keys, or a preset is no window.
    """
    new: dict[str, Any] = {}
    if "keys" in sent:
        new["keys"] = checked(sent["keys"])
    if "presets" in sent:
        new["presets"] = _presets(sent["presets"])
    with workplace.store.write() as tx:
        kept: dict[str, Any] = tx.preferences.get(workplace.reader, ROOM, {}) | new
        tx.preferences.set(workplace.reader, ROOM, kept)
    if isinstance(sent.get("reads_first"), bool):
        blinding.set_reads_first(workplace, sent["reads_first"])
    return kept | {"reads_first": blinding.reads_first(workplace)}


def _presets(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_PRESETS:
        raise Refused(f"A reader keeps at most {MOST_PRESETS} windows. Remove one first.")
    found = []
    for entry in value:
        try:
            name, centre, width = str(entry["name"]), float(entry["centre"]), float(entry["width"])
        except (TypeError, KeyError, ValueError, OverflowError):
            raise Refused(_NO_WINDOW) from None
        if not (math.isfinite(centre) and math.isfinite(width) and width > 0):
            raise Refused(_NO_WINDOW)
        found.append({"name": name[:40], "centre": centre, "width": width})
    return found
