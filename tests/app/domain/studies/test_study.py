"""When a read is due, and what a study needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import Refused
from app.domain.studies.adjudication import last_reads, needs_adjudication
from app.domain.studies.protocol import AdjudicationRule, Protocol
from app.domain.studies.reads import FirstRead, ReadKey, StudyRead
from app.domain.studies.study import StudyCase, check_study, due

AT = datetime(2026, 3, 1, tzinfo=UTC)
PROTOCOL = Protocol("t", ("none", "finding"), "none", arms=("alone",))


def read(
    case: str,
    *,
    day: int | None = None,
    round: int = 1,
    label: str = "none",
    sure: int = 3,
    reader: str = "ann",
) -> StudyRead:
    """A read of a case; with a day it was done on it."""
    key = ReadKey(case, reader, "s", 0, round)
    first = None
    if day is not None:
        at = AT + timedelta(days=day)
        first = FirstRead(key, label, sure, (), True, {}, 1.0, at)
    return StudyRead(key, "alone", 0, round > 1, first)


def test_a_second_round_waits_for_the_first_for_days_and_for_other_cases() -> None:
    protocol = replace(PROTOCOL, washout_days=7, washout_cases=2)
    again = read("a", round=2)
    others = [read(name, day=1) for name in "bc"]
    on = lambda day, *reads: due(again, (*reads, again), protocol, AT + timedelta(days=day))  # noqa: E731
    assert on(20, read("a"), *others) == (False, None)
    assert on(3, read("a", day=0), *others) == (False, AT + timedelta(days=7))
    assert on(8, read("a", day=0), *others) == (True, None)
    assert on(8, read("a", day=0), others[0], read("c")) == (False, None)
    assert on(8, read("a", day=0), others[0]) == (True, None)  # no others are left


def test_what_is_done_is_not_due() -> None:
    done = read("a", day=0)
    assert due(done, (done,), PROTOCOL, AT) == (False, None)


def test_the_last_read_of_a_case_is_no_repeat() -> None:
    second = replace(read("a", round=2, day=1), is_repeat=False)
    repeat = read("a", round=3, day=2)
    assert last_reads([read("a", day=0), repeat, second]) == {StudyCase("a"): [second]}


@pytest.mark.parametrize(
    ("rule", "differs", "unsure", "alike"),
    [
        ("never", False, False, False),
        ("labels differ", True, False, False),
        ("confidence differs", True, True, False),
        ("always", True, True, True),
    ],
)
def test_the_rule_says_when_somebody_decides(
    rule: AdjudicationRule, differs: bool, unsure: bool, alike: bool
) -> None:
    protocol = replace(PROTOCOL, adjudication=rule)
    one = read("a", day=0, sure=5)
    for other, wanted in (
        (read("a", day=0, label="finding", sure=5), differs),
        (read("a", day=0, sure=3), unsure),
        (read("a", day=0, sure=4), alike),
    ):
        assert needs_adjudication(protocol, [one, other]) is wanted


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "no name"),
        ({"readers": ("a", "a")}, "twice"),
        ({"readers": tuple("abc"), "adjudicators": ("a",)}, "reader and as an adjudicator"),
        ({"readers": tuple(str(n) for n in range(101))}, "at most 100"),
        ({"protocol": replace(PROTOCOL, reads_per_case=3)}, "but there are 2"),
    ],
)
def test_a_study_that_nobody_could_read_is_refused(changed: dict, sentence: str) -> None:
    whole = {"name": "S", "readers": ("a", "b"), "adjudicators": ("c",), "protocol": PROTOCOL}
    check_study(**whole)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=sentence):
        check_study(**whole | changed)
