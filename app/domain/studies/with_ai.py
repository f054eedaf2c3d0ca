"""Readers alone and with the AI: how well they read, and what its answer did to their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.studies.agreement import NOTHING, Estimate, auc, mean_of, proportion, resampled
from app.domain.studies.observations import CONDITIONS, Condition, Observation, Said, Truth, scored
from app.domain.studies.study import StudyCase


@dataclass(frozen=True)
class Performance:
    """How well a reader, or the model, tells a finding from none, measured by the truth."""

    reader: str
    condition: str
    sensitivity: Estimate
    specificity: Estimate
    auc: Estimate
    """Of the scores 1 to 10; not of the model, which has another scale."""


@dataclass(frozen=True)
class Difference:
    """With the AI less alone, the mean over the readers who read in both conditions."""

    measure: str
    alone: float | None
    with_ai: float | None
    difference: Estimate
    """Its interval resamples cases and keeps the readers; for other readers take the table for
    iMRMC."""


@dataclass(frozen=True)
class Influence:
    """What the model's answer did to one reader's own label; "" for all readers together."""

    reader: str
    overrides: Estimate
    """Labels that changed after the answer was shown."""
    automation_bias: Estimate
    """Of own labels that were right where the model was wrong: those that became wrong."""
    corrected: Estimate
    """Of own labels that were wrong where the model was right: those that became right."""


def performance(
    by_condition: Mapping[Condition, tuple[Sequence[StudyCase], Said]],
    readers: Sequence[str],
    truth: Mapping[StudyCase, Truth],
    negative: str,
) -> list[Performance]:
    """Of each reader in each condition, and of the model as it was shown.

    Args:
        by_condition: cases and observations.
        readers: names.
        truth: of the cases that have one.
        negative: the label that means that nothing was found.
    """
    rows = []
    for condition, (cases, kept) in by_condition.items():
        for reader in readers:
            own = [kept[case, reader] for case in cases if case in truth and (case, reader) in kept]
            if own:
                sick = np.array([truth[one.case].label != negative for one in own])
                called = np.array([one.label != negative for one in own])
                scores = np.array([scored(one, negative) for one in own])
                rows.append(_measured(reader, condition, sick, called, scores))
    shown: dict[StudyCase, str] = {}
    for one in by_condition["with AI"][1].values():
        if one.predicted is not None and one.case in truth:
            shown[one.case] = one.predicted
    if shown:
        sick = np.array([truth[case].label != negative for case in shown])
        called = np.array([label != negative for label in shown.values()])
        rows.append(_measured("the model", "as it was shown", sick, called, None))
    return rows


def _measured(
    reader: str, condition: str, sick: np.ndarray, called: np.ndarray, scores: np.ndarray | None
) -> Performance:
    return Performance(
        reader,
        condition,
        sensitivity=proportion(int((sick & called).sum()), int(sick.sum())),
        specificity=proportion(int((~sick & ~called).sum()), int((~sick).sum())),
        auc=NOTHING
        if scores is None
        else resampled(lambda d: auc(scores[d], sick[d]), len(scores)),
    )


def differences(
    by_condition: Mapping[Condition, tuple[Sequence[StudyCase], Said]],
    readers: Sequence[str],
    truth: Mapping[StudyCase, Truth],
    negative: str,
) -> list[Difference]:
    """With the AI less alone, over the cases and readers that have both; arguments as above."""
    alone, aided = (by_condition[name][1] for name in CONDITIONS)
    cases = [
        case
        for case in by_condition["alone"][0]
        if case in truth and any((case, reader) in aided for reader in readers)
    ]
    both = [
        reader
        for reader in readers
        if any((case, reader) in alone and (case, reader) in aided for case in cases)
    ]
    if not both:
        return []
    sick = np.array([truth[case].label != negative for case in cases])
    scores = {
        (side, reader): np.array(
            [
                scored(kept[case, reader], negative)
                if (case, reader) in alone and (case, reader) in aided
                else np.nan
                for case in cases
            ]
        )
        for side, kept in enumerate((alone, aided))
        for reader in both
    }
    rows = []
    for measure, of in _MEASURES.items():

        def mean(side: int, drawn: np.ndarray, of: _Measure = of) -> float | None:
            return mean_of([of(*_known(scores[side, r][drawn], sick[drawn])) for r in both])

        def change(drawn: np.ndarray, mean: Callable[..., float | None] = mean) -> float | None:
            before, after = mean(0, drawn), mean(1, drawn)
            return None if before is None or after is None else after - before

        every = np.arange(len(cases))
        rows.append(
            Difference(measure, mean(0, every), mean(1, every), resampled(change, len(cases)))
        )
    return rows


_Measure = Callable[[np.ndarray, np.ndarray], float | None]


def _sensitivity(scores: np.ndarray, sick: np.ndarray) -> float | None:
    return float((scores[sick] > 5).mean()) if sick.any() else None


def _specificity(scores: np.ndarray, sick: np.ndarray) -> float | None:
    return float((scores[~sick] <= 5).mean()) if (~sick).any() else None


_MEASURES: Mapping[str, _Measure] = {
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "AUC": auc,
}


def _known(scores: np.ndarray, sick: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = ~np.isnan(scores)
    return scores[there], sick[there]


def influence(
    by_condition: Mapping[Condition, tuple[Sequence[StudyCase], Said]],
    readers: Sequence[str],
    truth: Mapping[StudyCase, Truth],
) -> list[Influence]:
    """Of each reader and, where there are several, of all together; arguments as above."""
    alone, aided = (by_condition[name][1] for name in CONDITIONS)
    pairs = {
        reader: [
            (alone[case, reader], aided[case, reader])
            for case in by_condition["alone"][0]
            if (case, reader) in alone
            and (case, reader) in aided
            and aided[case, reader].predicted is not None
        ]
        for reader in readers
    }
    pairs = {reader: own for reader, own in pairs.items() if own}
    if len(pairs) > 1:
        pairs = {"": [pair for own in pairs.values() for pair in own], **pairs}
    return [_of_reader(reader, own, truth) for reader, own in pairs.items()]


def _of_reader(
    reader: str,
    pairs: Sequence[tuple[Observation, Observation]],
    truth: Mapping[StudyCase, Truth],
) -> Influence:
    misled = [0, 0]
    helped = [0, 0]
    for own, after in pairs:
        if own.case not in truth:
            continue
        right = truth[own.case].label
        if own.label == right != after.predicted:
            misled[0] += after.label != right
            misled[1] += 1
        if own.label != right == after.predicted:
            helped[0] += after.label == right
            helped[1] += 1
    return Influence(
        reader,
        overrides=proportion(sum(own.label != after.label for own, after in pairs), len(pairs)),
        automation_bias=proportion(*misled),
        corrected=proportion(*helped),
    )
