"""What came of a try, in words."""

from dataclasses import replace

import pytest

from app.domain.cases import SheetMatch
from app.domain.interventions.changes import Change, DrawnRegion
from app.domain.interventions.tries import Try
from app.domain.marks import Mark
from app.services.interventions import words
from dprotonet.inference.intervention import Control, InterventionResult
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from tests.app.services.workplaces import OUTSIDE, START

BOX = DrawnRegion((Mark("rectangle", ((2.0, 2.0), (9.0, 12.0))),))
HIDDEN = Change(region=BOX)
BEFORE = Prediction(
    label="pneumonia",
    probabilities={"none": 0.4, "pneumonia": 0.6},
    logits={"none": 0.0, "pneumonia": 0.5},
    threshold=0.5,
    matches=(
        PrototypeMatch("p00", "pneumonia", 0.9, 1.5, -0.4),
        PrototypeMatch("p01", "none", 0.8, -1.0, 0.4),
    ),
    closest_similarity=0.9,
    no_prototype_is_close=False,
    seconds=0.1,
    bundle="m",
    runner_up="none",
)
AFTER = InterventionResult(
    "none",
    {"none": 0.59, "pneumonia": 0.41},
    {"none": 0.5, "pneumonia": 0.0},
    {"p00": 0.5, "p01": -1.0},
    0.12,
    Control({"none": 0.42, "pneumonia": 0.58}, {"none": 0.05, "pneumonia": 0.05}, 8, True),
)


def tried(change: Change) -> Try:
    return Try("t1", "c1", 0, "m", "", "k", "Ann", change, "done", "", None, START)


def told(
    result: InterventionResult = AFTER, change: Change = HIDDEN, negative: str = "none"
) -> dict:
    matches = [SheetMatch(match, ()) for match in BEFORE.matches]
    return words.told(tried(change), result, BEFORE, negative_class=negative, matches=matches)


def test_a_region_that_stands_out_is_told_beside_random_ones() -> None:
    said = told()
    assert said["sentence"] == "Pneumonia 60 % → 41 %"
    assert said["call"] == "The call changes from “pneumonia” to “none”."
    assert said["control"] == "A random region of that size: 0.58 ± 0.05"
    assert "over 8 random places inside the body" in said["control_detail"]
    assert said["size"] == "12 % of the image hidden; hidden pixels are shown blurred."
    assert said["notes"] == []
    assert [
        (e["name"], e["text"], e["before_text"], e["called"]) for e in said["probabilities"]
    ] == [
        ("none", "59 %", "40 %", True),
        ("pneumonia", "41 %", "60 %", False),
    ]


def test_the_bars_add_up_for_the_two_classes_of_before() -> None:
    said = told()
    assert [(bar["name"], bar["text"], bar["end"]) for bar in said["bars"]] == [
        ("p00 · pneumonia", "+0.50", 0.5),
        ("p01 · none", "−1.00", -0.5),
    ]
    assert said["together"] == {"evidence": -0.5, "text": "−0.50"}
    off = told(replace(AFTER, evidence={"p00": 1.9, "p01": 0.0}), Change(off=("p01",)))
    assert [bar["prototypes"] for bar in off["bars"]] == [["p00"]]


def test_what_is_kept_alone_has_its_own_words() -> None:
    said = told(change=Change(region=replace(BOX, action="keep", fill="mean")))
    assert said["control"] == "A random region of that size alone: 0.58 ± 0.05"
    assert said["size"].startswith("12 % of the image kept; hidden pixels are shown in its mean")


def test_a_reader_is_told_what_makes_a_figure_worth_little() -> None:
    weak = replace(AFTER, probabilities={"none": 0.45, "pneumonia": 0.55})
    assert told(weak)["notes"] == [words.AS_RANDOM]
    assert told(replace(AFTER, control=None))["notes"] == [words.NO_ROOM]
    assert told(replace(AFTER, control=None))["control"] == ""
    assert told(replace(AFTER, support=OUTSIDE))["notes"] == [words.UNLIKE]


def test_prototypes_alone_have_no_control_and_all_of_them_leave_the_start() -> None:
    result = replace(AFTER, area=None, control=None, evidence={"p00": 0.0, "p01": 0.0})
    said = told(result, Change(off=("p00", "p01")))
    assert (said["control"], said["control_detail"], said["size"]) == ("", "", "")
    assert said["notes"] == [words.ALL_OFF]
    assert said["bars"] == [] and said["together"]["text"] == "+0.00"


def test_figures_that_look_alike_get_the_digits_that_tell_them_apart() -> None:
    near = replace(AFTER, probabilities={"none": 0.3999, "pneumonia": 0.6001})
    assert told(near)["sentence"] == "Pneumonia 60.00 % → 60.01 %"


@pytest.mark.parametrize("negative, name", [("none", "Pneumonia"), ("pneumonia", "None")])
def test_on_a_negative_call_the_finding_is_what_is_told(negative: str, name: str) -> None:
    assert told(negative=negative)["sentence"].startswith(name)
