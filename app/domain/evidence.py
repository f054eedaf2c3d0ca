"""What speaks for the called class rather than for the next one: few reasons, each once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.cases import SheetMatch
from dprotonet.modeling.reasons.options import ReasonKind

SOURCES = 3
"""Source images that a page shows of a prototype."""
MOST_BARS = 6
"""Reasons that have a bar of their own."""
SMALL = 0.05
"""A reason that counts less than this fraction of the largest one has no bar of its own."""


ALL_ELSE = "all else"
"""What a model with concepts finds beside them."""


@dataclass(frozen=True)
class Reason:
    """One reason: a prototype, or several of one class whose shown source images are the same and
    which all speak for the called class, or all against it; a concept; or all that is none."""

    matches: tuple[SheetMatch, ...]
    """What speaks most first; at least one."""

    @property
    def evidence(self) -> float:
        """The sum over its prototypes of what each adds to the difference of the two logits."""
        return math.fsum(row.match.evidence for row in self.matches)

    @property
    def class_name(self) -> str:
        """The class that its prototypes belong to."""
        return self.matches[0].match.class_name

    @property
    def prototypes(self) -> tuple[str, ...]:
        """Ids."""
        return tuple(row.match.prototype for row in self.matches)

    @property
    def kind(self) -> ReasonKind:
        """What its prototypes are."""
        return self.matches[0].match.kind

    @property
    def name(self) -> str:
        """“p03, p05 · pneumonia”; a concept needs no class beside its name."""
        if self.kind == "other":
            return ALL_ELSE
        names = ", ".join(self.prototypes)
        return f"{names} · {self.class_name}" if self.kind == "prototype" else names


@dataclass(frozen=True)
class Bar:
    """One step of a waterfall from nothing to the difference of the two logits.

    Without a reason it stands for several small ones of one direction together.
    """

    reason: Reason | None
    count: int
    """How many prototypes it stands for."""
    start: float
    """Sum of the bars before."""
    evidence: float

    @property
    def end(self) -> float:
        """Sum up to and with this bar."""
        return self.start + self.evidence


def reasons(matches: Iterable[SheetMatch]) -> tuple[Reason, ...]:
    """Prototypes whose shown sources are the same images become one reason, in the place of the
    first of them; those that are one patch of an image only where it is the same patch."""
    groups: dict[object, list[SheetMatch]] = {}
    for row in matches:
        images = _shown(row)
        match = row.match
        key: object = match.prototype
        # Without source images nothing says that two prototypes show the same.
        if images and match.kind == "prototype":
            key = (match.class_name, images, match.evidence < 0)
        if match.kind == "other":
            key = (ALL_ELSE,)
        groups.setdefault(key, []).append(row)
    return tuple(Reason(tuple(rows)) for rows in groups.values())


def _shown(row: SheetMatch) -> frozenset[tuple[str, str]]:
    """The images that a page shows of a prototype; of one with a single image where it is, too."""
    is_alone = len(row.sources) == 1
    return frozenset(
        (source.image_sha256, source.place if is_alone else "") for source in row.sources[:SOURCES]
    )


def waterfall(found: Sequence[Reason]) -> tuple[Bar, ...]:
    """The bars: first all that speaks for, the largest first and the small ones together, then
    all that speaks against in the same way. Their sum is that of all reasons; a reason that says
    nothing has no bar."""
    speaking = sorted(
        (reason for reason in found if reason.evidence != 0), key=lambda r: -abs(r.evidence)
    )
    least = SMALL * abs(speaking[0].evidence) if speaking else 0.0
    large = [reason for reason in speaking[:MOST_BARS] if abs(reason.evidence) >= least]
    small = speaking[len(large) :]
    bars: list[Bar] = []
    for is_against in (False, True):
        own = [reason for reason in large if (reason.evidence < 0) == is_against]
        rest = [reason for reason in small if (reason.evidence < 0) == is_against]
        if len(rest) == 1:  # as short to say by its name
            own, rest = [*own, *rest], []
        for reason in own:
            bars.append(_next(bars, reason, (reason,)))
        if rest:
            bars.append(_next(bars, None, rest))
    return tuple(bars)


def _next(bars: Sequence[Bar], reason: Reason | None, parts: Sequence[Reason]) -> Bar:
    start = bars[-1].end if bars else 0.0
    evidence = math.fsum(part.evidence for part in parts)
    return Bar(reason, sum(len(part.matches) for part in parts), start, evidence)


def is_silent(matches: Iterable[SheetMatch]) -> bool:
    """Does no prototype add anything to either logit? Then the model abstains. One without
    prototypes does not."""
    found = [row.match for row in matches]
    return bool(found) and all(match.contribution == 0 and not match.against for match in found)
