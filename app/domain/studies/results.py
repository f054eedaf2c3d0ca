"""What the reads of a study come to: how readers agree, and what the AI does to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from app.domain.studies.agreement import Estimate, cohen_kappa, fleiss_kappa, icc, resampled
from app.domain.studies.observations import (
    CONDITIONS,
    Condition,
    Observation,
    Said,
    Truth,
    codes,
    scored,
    table,
)
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.domain.studies.with_ai import (
    Difference,
    Influence,
    Performance,
    differences,
    influence,
    performance,
)


@dataclass(frozen=True)
class PairKappa:
    """How much two readers, or one at two times, agree beyond chance."""

    first: str
    second: str
    kappa: Estimate
    weighted: Estimate
    """Of the scores 1 to 10, with the square of a difference as its weight."""


@dataclass(frozen=True)
class Agreement:
    """Between the readers in one condition."""

    condition: Condition
    pairs: tuple[PairKappa, ...]
    fleiss: Estimate
    icc_confidence: Estimate
    """ICC(2,1) of the confidence 1 to 5, over the cases that all readers read."""
    icc_score: Estimate
    """The same of the scores 1 to 10, which hold the label too."""


@dataclass(frozen=True)
class Results:
    """All of it."""

    agreement: tuple[Agreement, ...]
    repeats: tuple[PairKappa, ...]
    """Of each reader with themselves."""
    performance: tuple[Performance, ...]
    differences: tuple[Difference, ...]
    influence: tuple[Influence, ...]
    truth: Mapping[str, int]
    """How many cases have their truth from which source."""


def results(
    protocol: Protocol,
    readers: Sequence[str],
    said: Sequence[Observation],
    truth: Mapping[StudyCase, Truth],
) -> Results:
    """Compute everything that the reads so far allow.

    Args:
        protocol: with the labels, and which of them is the negative one.
        readers: names.
        said: the observations.
        truth: what cases are taken to show.
    """
    sources = [one.source for one in truth.values()]
    by_condition = {name: table(said, name, readers) for name in CONDITIONS}
    known = [*protocol.labels, *sorted({one.label for one in said} - set(protocol.labels))]
    return Results(
        agreement=tuple(
            _agreement(name, cases, kept, readers, known, protocol.negative_label)
            for name, (cases, kept) in by_condition.items()
            if kept
        ),
        repeats=tuple(_repeats(said, readers, known, protocol.negative_label)),
        performance=tuple(performance(by_condition, readers, truth, protocol.negative_label)),
        differences=tuple(differences(by_condition, readers, truth, protocol.negative_label)),
        influence=tuple(influence(by_condition, readers, truth)),
        truth={source: sources.count(source) for source in sorted(set(sources))},
    )


def _agreement(
    condition: Condition,
    cases: Sequence[StudyCase],
    kept: Said,
    readers: Sequence[str],
    known: Sequence[str],
    negative: str,
) -> Agreement:
    pairs = []
    for first, second in combinations(readers, 2):
        both = [
            (kept[case, first], kept[case, second])
            for case in cases
            if (case, first) in kept and (case, second) in kept
        ]
        pairs.append(_pair(first, second, both, known, negative))
    counts = np.zeros((len(cases), len(known)), dtype=np.int64)
    for place, case in enumerate(cases):
        labels = [kept[case, reader].label for reader in readers if (case, reader) in kept]
        np.add.at(counts[place], codes(labels, known), 1)
    often = counts[counts.sum(1) > 1]
    whole = [case for case in cases if all((case, reader) in kept for reader in readers)]
    sure = np.array(
        [[kept[case, reader].confidence for reader in readers] for case in whole], dtype=float
    ).reshape(len(whole), len(readers))
    scores = np.array(
        [[scored(kept[case, reader], negative) for reader in readers] for case in whole],
        dtype=float,
    ).reshape(len(whole), len(readers))
    return Agreement(
        condition=condition,
        pairs=tuple(pairs),
        fleiss=resampled(lambda drawn: fleiss_kappa(often[drawn]), len(often)),
        icc_confidence=resampled(lambda drawn: icc(sure[drawn]), len(whole)),
        icc_score=resampled(lambda drawn: icc(scores[drawn]), len(whole)),
    )


def _pair(
    first: str,
    second: str,
    both: Sequence[tuple[Observation, Observation]],
    known: Sequence[str],
    negative: str,
) -> PairKappa:
    one, other = (codes([pair[side].label for pair in both], known) for side in (0, 1))
    ranks = [
        np.array([scored(pair[side], negative) - 1 for pair in both], dtype=np.intp)
        for side in (0, 1)
    ]
    return PairKappa(
        first,
        second,
        resampled(lambda d: cohen_kappa(one[d], other[d], kinds=len(known)), len(both)),
        resampled(
            lambda d: cohen_kappa(ranks[0][d], ranks[1][d], kinds=10, weights="quadratic"),
            len(both),
        ),
    )


def _repeats(
    said: Sequence[Observation], readers: Sequence[str], known: Sequence[str], negative: str
) -> list[PairKappa]:
    pairs = []
    for reader in readers:
        own = [one for one in said if one.reader == reader]
        for condition in CONDITIONS:
            before = {o.case: o for o in own if o.condition == condition and not o.is_repeat}
            both = [
                (before[o.case], o)
                for o in own
                if o.condition == condition and o.is_repeat and o.case in before
            ]
            if both:
                pairs.append(_pair(reader, f"{reader}, again, {condition}", both, known, negative))
    return pairs
