"""An answer is read without trust: what is wrong in it is left out, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domain.archives.found import InstanceAddress, Patient
from app.services.archives import answers

UID = {"0020000D": {"vr": "UI", "Value": ["1.2.3"]}}
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)
TAGS = ("0020000D", "00080020", "00100020", "00080061", "00201208", "0020000E", "00080018")


def study(**elements: Any) -> Any:
    more = {name.removeprefix("t"): value for name, value in elements.items()}
    (found,) = answers.studies([UID | more])
    return found


def test_a_whole_study() -> None:
    found = study(
        t00080020={"vr": "DA", "Value": ["20240105"]},
        t00080050={"vr": "SH", "Value": ["A1"]},
        t00080061={"vr": "CS", "Value": ["DX", "SR", "DX"]},
        t00081030={"vr": "LO", "Value": ["Chest \x1b[31m"]},
        t00100010={"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
        t00100020={"vr": "LO", "Value": ["P1"]},
        t00100021={"vr": "LO", "Value": ["here"]},
        t00201206={"vr": "IS", "Value": [2]},
        t00201208={"vr": "IS", "Value": ["7"]},
    )
    assert found.patient == Patient("P1", "here")
    assert (found.day, found.accession_number) == (date(2024, 1, 5), "A1")
    assert (found.modalities, found.series, found.instances) == (("DX", "SR"), 2, 7)
    assert found.description == "Chest [31m"
    assert "Doe" not in repr(found)


@pytest.mark.parametrize(
    "element",
    [
        None,
        [],
        "20240105",
        {},
        {"vr": "DA"},
        {"vr": "DA", "Value": None},
        {"vr": "DA", "Value": []},
        {"vr": "DA", "Value": [None]},
        {"vr": "DA", "Value": [{"Alphabetic": "x"}]},
        {"vr": "DA", "Value": ["x" * 65]},
        {"vr": "DA", "Value": [-1]},
        {"vr": "DA", "Value": [True]},
        {"vr": "DA", "Value": [1.5]},
        {"vr": "DA", "Value": 20240105},
    ],
)
def test_what_is_missing_or_wrong_is_empty(element: Any) -> None:
    found = study(t00080020=element, t00201206=element, t00201208=element)
    assert (found.day, found.series, found.instances) == (None, None, None)


@pytest.mark.parametrize("text", ["x" * 65, "a\\b", " ", 3, None])
def test_an_id_that_none_can_be_is_empty(text: Any) -> None:
    assert study(t00100020={"vr": "LO", "Value": [text]}).patient == Patient("")


def test_a_day_that_no_calendar_has_is_none() -> None:
    assert study(t00080020={"vr": "DA", "Value": ["20241399"]}).day is None


@pytest.mark.parametrize(
    "uid", ["", "1/../2", "1.2?x=1", "x", "1" * 65, 3, None, "1.2.3%2f", ".1", "1."]
)
def test_what_has_no_valid_uid_is_left_out(uid: Any) -> None:
    item = {tag: {"vr": "UI", "Value": [uid]} for tag in ("0020000D", "0020000E", "00080018")}
    assert answers.studies([item]) == answers.series([item]) == ()
    assert answers.instances([item], study_uid="1", series_uid="2") == ()


def test_each_is_listed_once_and_in_order() -> None:
    other = {"0020000D": {"vr": "UI", "Value": ["1.2.1"]}}
    found = answers.studies([UID, other, UID, 3, None])
    assert [one.study_uid for one in found] == ["1.2.3", "1.2.1"]


def test_an_instance_lies_where_it_was_asked_for() -> None:
    item = UID | {"00080018": {"vr": "UI", "Value": ["1.9"]}}
    (found,) = answers.instances([item], study_uid="1.7", series_uid="1.8")
    assert found == InstanceAddress("1.7", "1.8", "1.9")


@settings(max_examples=40, deadline=None)
@given(JSON, some.lists(some.dictionaries(some.sampled_from(TAGS), JSON)))
def test_no_answer_is_an_error(anything: Any, items: Any) -> None:
    for answer in (anything, items):
        answers.studies(answer)
        answers.series(answer)
        answers.instances(answer, study_uid="1", series_uid="2")
