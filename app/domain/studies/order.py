"""Who reads what, in which order: the same for the same seed, another one for each reader."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from app.domain.studies.protocol import Arm, Protocol
from app.domain.studies.study import Slot, StudyCase


def plan(
    protocol: Protocol, cases: Sequence[StudyCase], readers: Sequence[str]
) -> tuple[Slot, ...]:
    """All reads of a study, each reader's in their order.

    Args:
        protocol: arms, order, repeats, reads for each case.
        cases: in the study's order.
        readers: names.
    """
    shares = _shares(protocol, cases, readers)
    return tuple(
        slot
        for number, reader in enumerate(readers)
        for slot in _of_reader(protocol, shares[reader], reader, number)
    )


def _shares(
    protocol: Protocol, cases: Sequence[StudyCase], readers: Sequence[str]
) -> dict[str, list[StudyCase]]:
    """The cases of each reader: all, or so many readers a case that all read equally much."""
    wanted = protocol.reads_per_case or len(readers)
    chance = random.Random(f"{protocol.seed or 0}:who")
    shares: dict[str, list[StudyCase]] = {reader: [] for reader in readers}
    for case in cases:
        order = sorted(readers, key=lambda reader: (len(shares[reader]), chance.random()))
        for reader in order[:wanted]:
            shares[reader].append(case)
    return shares


def _of_reader(
    protocol: Protocol, cases: Sequence[StudyCase], reader: str, number: int
) -> list[Slot]:
    chance = random.Random(f"{protocol.seed}:{reader}")
    order = list(cases)
    if protocol.seed is not None:
        chance.shuffle(order)
    arms = _arms(protocol, order, number)
    reads: list[tuple[StudyCase, Arm, int, bool]] = [(case, arms[case], 1, False) for case in order]
    if len(protocol.arms) == 2:
        later: dict[Arm, Arm] = {"alone": "with AI", "with AI": "alone"}
        again = _apart(order, protocol, chance)
        reads += [(case, later[arms[case]], 2, False) for case in again]
    last = len(protocol.arms)
    for case in _repeated(protocol, order, chance):
        at = max(i for i, (other, *_) in enumerate(reads) if other == case)
        earliest = min(at + protocol.washout_cases + 1, len(reads))
        arm: Arm = "alone" if last == 2 else protocol.arms[0]
        reads.insert(chance.randint(earliest, len(reads)), (case, arm, last + 1, True))
    return [
        Slot(case.case_id, case.frame, reader, round, arm, position, is_repeat)
        for position, (case, arm, round, is_repeat) in enumerate(reads)
    ]


def _arms(protocol: Protocol, order: Sequence[StudyCase], number: int) -> dict[StudyCase, Arm]:
    """The first arm of each case: half of them in each of two, the other half for the next
    reader."""
    arms = protocol.arms
    by_case = sorted(order, key=lambda case: (case.case_id, case.frame))
    return {case: arms[(place + number) % len(arms)] for place, case in enumerate(by_case)}


def _apart(
    order: Sequence[StudyCase], protocol: Protocol, chance: random.Random
) -> list[StudyCase]:
    """Another order of the same cases, in which each comes late enough after the first time."""
    if protocol.seed is None or protocol.washout_cases >= len(order):
        return list(order)  # nothing is further apart
    left = list(order)
    chance.shuffle(left)
    first = {case: place for place, case in enumerate(order)}
    again: list[StudyCase] = []
    while left:
        here = len(order) + len(again)
        fits = (case for case in left if here - first[case] > protocol.washout_cases)
        chosen = next(fits, None) or min(left, key=lambda case: first[case])
        left.remove(chosen)
        again.append(chosen)
    return again


def _repeated(
    protocol: Protocol, order: Sequence[StudyCase], chance: random.Random
) -> list[StudyCase]:
    """The cases that are read once more: the fraction, rounded up."""
    count = min(math.ceil(protocol.repeated * len(order) - 1e-9), len(order))
    return chance.sample(list(order), count)
