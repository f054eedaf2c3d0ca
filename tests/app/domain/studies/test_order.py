"""Each reader gets an order of their own, that the seed fixes."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.studies.order import plan
from app.domain.studies.protocol import Arm, Protocol
from app.domain.studies.study import Slot, StudyCase

CASES = [StudyCase(f"case{n:02d}") for n in range(20)]
READERS = ("ann", "ben", "cho")


def planned(**protocol: object) -> dict[str, list[Slot]]:
    slots = plan(
        Protocol("t", ("none", "finding"), "none", **protocol),  # type: ignore[arg-type]
        CASES,
        READERS,
    )
    by_reader = {reader: [slot for slot in slots if slot.reader == reader] for reader in READERS}
    assert all(
        [slot.position for slot in own] == list(range(len(own))) for own in by_reader.values()
    )
    return by_reader


def test_a_seed_gives_one_order_to_each_reader_and_another_to_the_next() -> None:
    first, again, other = planned(seed=1), planned(seed=1), planned(seed=2)
    assert first == again != other
    orders = [[slot.case_id for slot in own] for own in first.values()]
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == [case.case_id for case in CASES] for order in orders)


def test_without_a_seed_all_read_in_the_order_of_the_cases() -> None:
    for own in planned(seed=None).values():
        assert [slot.case_id for slot in own] == [case.case_id for case in CASES]


@given(reads=st.integers(1, 3), seed=st.integers(0, 50))
def test_each_case_gets_its_number_of_readers_and_all_read_equally_much(
    reads: int, seed: int
) -> None:
    by_reader = planned(reads_per_case=reads, seed=seed)
    counts = Counter(slot.case_id for own in by_reader.values() for slot in own)
    assert set(counts.values()) == {reads}
    loads = [len(own) for own in by_reader.values()]
    assert max(loads) - min(loads) <= 1


@given(seed=st.integers(0, 50), washout=st.integers(0, 9))
def test_a_repeat_comes_once_and_after_its_washout(seed: int, washout: int) -> None:
    for own in planned(repeated=0.25, washout_cases=washout, seed=seed).values():
        again = [slot for slot in own if slot.is_repeat]
        assert len(again) == 5 and {slot.round for slot in again} == {2}
        for slot in again:
            (first,) = [s for s in own if s.case_id == slot.case_id and not s.is_repeat]
            between = slot.position - first.position - 1
            assert between >= washout or slot.position >= len(CASES)  # none is left


@given(seed=st.integers(0, 50))
def test_two_arms_are_two_rounds_of_which_half_begins_alone(seed: int) -> None:
    arms: tuple[Arm, ...] = ("alone", "with AI")
    by_reader = planned(arms=arms, washout_cases=8, seed=seed)
    begins: dict[str, set[str]] = {}
    for reader, own in by_reader.items():
        rounds = {n: {s.case_id: s for s in own if s.round == n} for n in (1, 2)}
        assert set(rounds[1]) == set(rounds[2]) == {case.case_id for case in CASES}
        for case_id, first in rounds[1].items():
            second = rounds[2][case_id]
            assert {first.arm, second.arm} == set(arms)
            assert second.position - first.position > 8
        begins[reader] = {c for c, slot in rounds[1].items() if slot.arm == "alone"}
        assert len(begins[reader]) == 10
    assert begins["ann"].isdisjoint(begins["ben"])


@pytest.mark.parametrize(
    ("arm", "hides"), [("sequential", True), ("alone", True), ("with AI", False)]
)
def test_only_what_is_read_with_the_ai_hides_nothing(arm: Arm, hides: bool) -> None:
    assert {slot.hides_ai for own in planned(arms=(arm,)).values() for slot in own} == {hides}
