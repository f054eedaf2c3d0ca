"""Reads as the statistics take them: who said what of which case, without the AI and with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from app.domain.studies.adjudication import last_reads
from app.domain.studies.protocol import Protocol
from app.domain.studies.reads import Adjudication, StudyRead
from app.domain.studies.study import StudyCase

Condition = Literal["alone", "with AI"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
TruthSource = Literal["reference", "adjudicated", "agreed"]
"""reference: of the table that was given; adjudicated: decided where readers differed; agreed: all
readers say it in the end, so that nobody had to decide."""


@dataclass(frozen=True)
class Observation:
    """What one reader said of one case in one condition."""

    case: StudyCase
    reader: str
    condition: Condition
    label: str
    confidence: int
    round: int
    is_repeat: bool
    predicted: str | None = None
    """What the model called it, where that was shown."""


Said = dict[tuple[StudyCase, str], Observation]
"""The observations of one condition, by case and reader."""


@dataclass(frozen=True)
class Truth:
    """What a case is taken to show."""

    label: str
    source: TruthSource


def observations(reads: Sequence[StudyRead]) -> tuple[Observation, ...]:
    """All that was said, in the order of the reads."""
    said = []
    for read in reads:
        case = StudyCase(read.key.case_id, read.key.frame)
        common = (read.key.round, read.is_repeat)
        reader = read.key.reader
        if read.first is not None:
            first = read.first
            said.append(Observation(case, reader, "alone", first.label, first.confidence, *common))
        if read.second is not None:
            second = read.second
            said.append(
                Observation(
                    *(case, reader, "with AI", second.label, second.judgement.confidence),
                    *common,
                    predicted=second.predicted_label,
                )
            )
    return tuple(said)


def truths(
    protocol: Protocol,
    reads: Sequence[StudyRead],
    adjudications: Sequence[Adjudication],
    reference: Mapping[StudyCase, str],
) -> dict[StudyCase, Truth]:
    """What each case is taken to show: by the reference first, then by the adjudicator, then by
    readers who agree; a case of none of these is left out.

    Readers who agree are no truth under the rule "never", which has nobody decide, nor where only
    one read the case.
    """
    found: dict[StudyCase, Truth] = {}
    if protocol.adjudication != "never":
        for case, of_case in last_reads(reads).items():
            labels = {read.label for read in of_case}
            if len(of_case) > 1 and len(labels) == 1 and all(read.is_done for read in of_case):
                found[case] = Truth(labels.pop() or "", "agreed")
    for one in adjudications:
        found[StudyCase(one.case_id, one.frame)] = Truth(one.label, "adjudicated")
    for case, label in reference.items():
        found[case] = Truth(label, "reference")
    return found


def score(label: str, confidence: int, negative: str) -> int:
    """How sure a reader is that there is a finding: 1 (certain that there is none) to 10 (certain
    that there is one); 5 and 6 are guesses."""
    return 6 - confidence if label == negative else 5 + confidence


def scored(one: Observation, negative: str) -> int:
    """The score of an observation."""
    return score(one.label, one.confidence, negative)


def table(
    said: Sequence[Observation], condition: Condition, readers: Sequence[str]
) -> tuple[tuple[StudyCase, ...], Said]:
    """The observations of one condition, repeats left out.

    Returns:
        The cases, sorted, and each observation by case and reader.
    """
    kept = {
        (one.case, one.reader): one
        for one in said
        if one.condition == condition and not one.is_repeat and one.reader in readers
    }
    cases = sorted({case for case, _ in kept}, key=lambda case: (case.case_id, case.frame))
    return tuple(cases), kept


def codes(labels: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """``(N,)`` int: the place of each label among those that are known."""
    places = {label: place for place, label in enumerate(known)}
    return np.array([places[label] for label in labels], dtype=np.intp)
