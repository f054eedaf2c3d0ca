"""What an archive says of objects that were sent to it (PS3.18 10.5.3, PS3.3 Store Instances
Response)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_OUT_OF_RESOURCES = range(0xA700, 0xA800)
_MEANINGS: Mapping[int, str] = {
    0x0110: "it could not process it",
    0x0122: "it takes no objects of this kind",
    0x0124: "it does not allow this program to store it",
    0xC122: "it does not know how its data are encoded",
}


@dataclass(frozen=True)
class StoreAnswer:
    """Object by object."""

    stored: frozenset[str]
    """SOP Instance UIDs that it has now."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """SOP Instance UID to its failure reason, 0 where it gave none."""

    def missing(self, sent: Iterable[str]) -> tuple[str, ...]:
        """Those that it neither has nor failed: it said nothing of them."""
        return tuple(uid for uid in sent if uid not in self.stored and uid not in self.failures)


def is_passing(reason: int) -> bool:
    """Is a failure one that may be gone next time?"""
    return reason in _OUT_OF_RESOURCES or reason == 0x0110


def meaning_of(reason: int) -> str:
    """A failure reason in words, as the end of a sentence."""
    if reason in _OUT_OF_RESOURCES:
        return "it has no room now (A7xx)"
    known = _MEANINGS.get(reason)
    code = f"{reason:04X}" if reason else "without a code"
    return f"{known} ({code})" if known else f"failure {code}"
