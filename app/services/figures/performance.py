"""How a model does on a site's own images: what readers rejected, where most, and week by week.

Slices and weeks are computed when a prediction or a verdict came or went, and not at every look.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import Any, TypeVar

from app.domain.errors import NotFound
from app.domain.figures.performance import (
    Drift,
    FailurePage,
    Slices,
    by_week,
    monday,
    shares,
    slices,
)
from app.domain.permissions import needs
from app.domain.studies.onlooker import Onlooker
from app.services.studies.blinding import onlooker
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.inference.prediction import Prediction

MOST_READS = 20_000
MOST_SCORES = 50_000
MOST_WEEKS = 26
LOOKED_AT = 60
"""Images of a week whose prototypes are looked at: their whole predictions are read for it."""
_MOST_KEPT = 16
Figures = TypeVar("Figures")
_kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = Lock()


@needs("see cases")
def failures(workplace: Workplace, model: str, *, page: int = 0, size: int = 12) -> FailurePage:
    """One page of the images whose last verdict rejects what the model said, newest first."""
    with workplace.store.read() as tx:
        who = onlooker(workplace, tx)
        return tx.performance.failures(model, page=max(page, 0), size=size, onlooker=who)


@needs("see cases")
def worst_slices(workplace: Workplace, model: str) -> Slices:
    """The rate of rejection by view, modality, source, label, probability and gate."""

    def compute(tx: Transaction, who: Onlooker | None) -> Slices:
        reads = tx.performance.reads(model, most=MOST_READS + 1, onlooker=who)
        return slices(reads[:MOST_READS], is_cut=len(reads) > MOST_READS)

    return _once(workplace, "slices", model, compute)


@needs("see cases")
def drift(workplace: Workplace, model: str) -> Drift:
    """The scores of first frames and the use of prototypes, by the week of the prediction."""

    def compute(tx: Transaction, who: Onlooker | None) -> Drift:
        negative = _negative_class(workplace, model)
        found = tx.performance.scores(model, negative, most=MOST_SCORES + 1, onlooker=who)
        is_cut = len(found) > MOST_SCORES
        found = found[:MOST_SCORES]
        spoke: dict[date, list[int]] = {}
        for number, score in found:
            if not score.is_refused:
                spoke.setdefault(monday(score.at), []).append(number)
        weeks = []
        for week in by_week(score for _, score in found)[-MOST_WEEKS:]:
            chosen = _spread(spoke.get(week.start, []), LOOKED_AT)
            evidence = [_evidence(result) for result in tx.performance.results(chosen)]
            weeks.append(replace(week, use=shares(evidence), looked_at=len(evidence)))
        return Drift(tuple(weeks), is_cut)

    return _once(workplace, "drift", model, compute)


def _spread(ids: Sequence[int], most: int) -> list[int]:
    """Some of them, evenly spaced."""
    if len(ids) <= most:
        return list(ids)
    return [ids[number * len(ids) // most] for number in range(most)]


def _evidence(result: dict[str, Any]) -> dict[str, float]:
    prediction = Prediction.from_json(result)
    return {match.prototype: match.evidence for match in prediction.matches}


def _negative_class(workplace: Workplace, model: str) -> str | None:
    try:
        return workplace.models.get(model).negative_class
    except NotFound:
        return None


def _once(
    workplace: Workplace,
    name: str,
    model: str,
    compute: Callable[[Transaction, Onlooker | None], Figures],
) -> Figures:
    """The figures of before, unless a prediction or a verdict came or went since; for a person
    from whom answers are hidden, which changes as they read, always new ones."""
    with workplace.store.read() as tx:
        who = onlooker(workplace, tx)
        if who is not None:
            return compute(tx, who)
        key = (name, model, str(workplace.settings.data), *tx.performance.stamp(model))
        with _lock:
            if key in _kept:
                _kept.move_to_end(key)
                return _kept[key]
        figures = compute(tx, None)
    with _lock:
        _kept[key] = figures
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return figures
