"""How a model does on the images of a site: by its readers' verdicts, and week by week."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

TOO_FEW = 10
"""Images read below which a slice gets no rate."""
_Z = 1.959964  # of a 95 % interval
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Read:
    """One image that a reader judged, with what it is told apart by."""

    is_rejected: bool
    predicted: str
    probability: float
    """Of the predicted label."""
    modality: str
    view: str
    source: str
    support: str
    """Of the gate; empty where the model has none."""


@dataclass(frozen=True)
class Failure:
    """One image whose prediction the reader rejected, or that was refused wrongly."""

    case_id: str
    frame: int
    file_name: str
    predicted: str | None
    """None of an image that the model refused."""
    probability: float | None
    corrected: str | None
    text: str
    reader: str
    signed_at: datetime


@dataclass(frozen=True)
class FailurePage:
    """One page of them, newest first; ``total`` counts all pages."""

    rows: tuple[Failure, ...]
    total: int
    page: int
    size: int


@dataclass(frozen=True)
class Slice:
    """The images that share one property."""

    kind: str
    """view, modality, …"""
    name: str
    read: int
    rejected: int

    @property
    def has_rate(self) -> bool:
        """Are there enough images for a rate?"""
        return self.read >= TOO_FEW

    @property
    def rate(self) -> float:
        """Fraction of the images read whose prediction was rejected."""
        return self.rejected / self.read if self.read else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the rate (Wilson 1927)."""
        return wilson(self.rejected, self.read)


@dataclass(frozen=True)
class Slices:
    """All of them, the worst first."""

    overall: Slice
    rows: tuple[Slice, ...]
    is_cut: bool = False
    """Only the newest images were looked at."""


@dataclass(frozen=True)
class Score:
    """What a model said of one image, without the image."""

    at: datetime
    finding: float | None
    """Probability of a finding; None of an image that it refused."""
    is_called: bool
    is_refused: bool


@dataclass(frozen=True)
class Week:
    """The images of one week, from Monday to Sunday in UTC."""

    start: date
    images: int
    refused: int
    """By the model's gate."""
    called: int
    """With a finding."""
    quantiles: tuple[float, ...]
    """Of the probability of a finding, at :data:`QUANTILES`; empty where all were refused."""
    use: Mapping[str, float] = field(default_factory=dict)
    """Each prototype's share of the evidence, for and against, of some images of the week; they
    sum to 1."""
    looked_at: int = 0
    """So many images the shares are of."""

    @property
    def fraction_called(self) -> float | None:
        """Among the images that were not refused."""
        said = self.images - self.refused
        return self.called / said if said else None


@dataclass(frozen=True)
class Drift:
    """Week by week, oldest first."""

    weeks: tuple[Week, ...]
    is_cut: bool = False
    """Only the newest images were looked at."""


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a fraction; 0 to 1 without any."""
    if count == 0:
        return 0.0, 1.0
    rate, square = hits / count, _Z * _Z
    centre = (rate + square / (2 * count)) / (1 + square / count)
    half = _Z * math.sqrt(rate * (1 - rate) / count + square / (4 * count * count))
    half /= 1 + square / count
    return max(0.0, centre - half), min(1.0, centre + half)


def slices(reads: Sequence[Read], *, is_cut: bool = False) -> Slices:
    """The rate of rejection by each property, the worst first: by the lower end of its interval, so
    that a few bad images do not come before many; those with too few images last.

    Args:
        reads: each image once.
        is_cut: there are more.
    """
    found: dict[tuple[str, str], list[bool]] = {}
    for read in reads:
        for kind, name in _properties(read):
            found.setdefault((kind, name), []).append(read.is_rejected)
    rows = [
        Slice(kind, name, len(said), sum(said))
        for (kind, name), said in found.items()
        if len(said) < len(reads)  # one that holds all images tells nothing apart
    ]
    rows.sort(key=lambda row: (not row.has_rate, -row.interval[0], -row.read, row.kind, row.name))
    overall = Slice("all", "all cases", len(reads), sum(read.is_rejected for read in reads))
    return Slices(overall, tuple(rows), is_cut)


def _properties(read: Read) -> Iterable[tuple[str, str]]:
    yield "view", read.view or "not stated"
    yield "modality", read.modality or "not stated"
    yield "source", read.source
    yield "label", read.predicted
    yield "probability", band(read.probability)
    if read.support:
        yield "gate", read.support


def band(probability: float) -> str:
    """50 to 60 %."""
    for low, high in pairwise(BANDS):
        if probability < high or high == BANDS[-1]:
            return f"{low * 100:.0f} to {high * 100:.0f} %"
    raise ValueError(f"{probability} is no probability")


def monday(at: datetime) -> date:
    """The first day of a moment's week."""
    day = at.date()
    return day - timedelta(days=day.weekday())


def by_week(scores: Iterable[Score]) -> tuple[Week, ...]:
    """The weeks that have images, oldest first."""
    found: dict[date, list[Score]] = {}
    for score in scores:
        found.setdefault(monday(score.at), []).append(score)
    return tuple(_week(start, found[start]) for start in sorted(found))


def _week(start: date, scores: Sequence[Score]) -> Week:
    findings = sorted(score.finding for score in scores if score.finding is not None)
    return Week(
        start=start,
        images=len(scores),
        refused=sum(score.is_refused for score in scores),
        called=sum(score.is_called for score in scores),
        quantiles=tuple(quantile(findings, at) for at in QUANTILES) if findings else (),
    )


def quantile(values: Sequence[float], at: float) -> float:
    """Between the values on a straight line.

    Args:
        values: sorted; at least one.
        at: in [0, 1].
    """
    place = at * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def shares(evidence: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Each prototype's share of the evidence of several images, whatever its direction.

    Args:
        evidence: of each image: prototype to what it speaks for the label rather than the next.

    Returns:
        Shares that sum to 1; empty where no prototype says anything.
    """
    sums: dict[str, float] = {}
    for image in evidence:
        for name, value in image.items():
            sums[name] = sums.get(name, 0.0) + abs(value)
    total = math.fsum(sums.values())
    return {name: value / total for name, value in sorted(sums.items())} if total else {}
