"""How one bundle came from another: its last layer was edited, it learned from judgements, or was
pruned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

ChangeKind = Literal["last_layer", "learned", "responses", "reader", "pruned"]
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Change:
    """One step from a parent bundle to its child. The parent's folder is never changed.

    Attributes:
        kind: "last_layer": prototypes were switched off or required; "learned": prototypes were
            fine-tuned on readers' judgements; "responses": what its last layer is fitted on was
            added, "reader": a mask reader was; the network is the same. "pruned": prototypes were
            left out, so that the ids of those that stay are others.
        parent: the parent's digest, 64 hex digits.
        when: date and time in UTC, ISO 8601.
        off: ids of all prototypes that are switched off in the child: their row stays, with weight
            0 for every class.
        required: ids of prototypes that must count for their class.
        note: why, in the words of who did it.
        figures: what it cost or gained, as JSON values.
    """

    kind: ChangeKind
    parent: str
    when: str
    off: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    note: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "off", tuple(self.off))
        object.__setattr__(self, "required", tuple(self.required))
        if self.kind not in get_args(ChangeKind):
            raise ValueError(f"a change must be one of {get_args(ChangeKind)}, not {self.kind!r}")
        if not isinstance(self.parent, str) or not _SHA256.fullmatch(self.parent):
            raise ValueError("a change needs its parent's digest")
        if set(self.off) & set(self.required):
            raise ValueError("a prototype is both switched off and required")
        if not isinstance(self.figures, dict):
            raise ValueError("the figures of a change must be a JSON object")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "off": list(self.off), "required": list(self.required)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        """The change that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is unknown or missing.
        """
        names = {item.name for item in fields(cls)}
        if not {"kind", "parent", "when"} <= set(data) <= names:
            raise ValueError("this is no change of a bundle")
        return cls(**data)
