"""Where a reader and the model, or two readers, do not say the same of a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Disagreement = Literal["model", "readers"]
"""model: the last signature rejects the prediction, or the model's refusal; readers: two readers'
last signatures differ in that, or in the label that they say it is."""
DISAGREEMENTS: tuple[Disagreement, ...] = get_args(Disagreement)
_AGAINST = ("reject", "wrongly refused")


@dataclass(frozen=True)
class Signed:
    """What one signature says of one frame."""

    frame: int
    model: str
    reader: str
    verdict: str
    corrected_label: str | None
    confidence: int
    """1 (guess) to 5 (certain)."""

    @property
    def is_against(self) -> bool:
        """Does it contradict the model?"""
        return self.verdict in _AGAINST


def disagreement(signatures: Iterable[Signed]) -> Disagreement | None:
    """What readers do not agree on.

    Args:
        signatures: of one case, the oldest first; only the last of each reader, of each frame and
            model, counts.
    """
    last: dict[tuple[int, str], dict[str, Signed]] = {}
    newest: Signed | None = None
    for newest in signatures:
        last.setdefault((newest.frame, newest.model), {})[newest.reader] = newest
    for by_reader in last.values():
        if len({(one.is_against, one.corrected_label) for one in by_reader.values()}) > 1:
            return "readers"
    return "model" if newest is not None and newest.is_against else None
