"""What a reader says with the answer in sight, as a browser sends it."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.annotations import PrototypeJudgement
from app.domain.errors import Refused
from app.domain.marks import Mark
from app.domain.studies.judgement import Judgement, judgement_from_json, label_in_the_end

SENT: dict[str, Any] = {
    "verdict": "reject",
    "confidence": 4,
    "reason": "wrong",
    "region": "elsewhere",
    "corrected_label": " finding ",
    "text": " because ",
    "prototype_judgements": {"p00": {"usefulness": "useful"}, "p01": {}},
    "marks": [{"kind": "point", "points": [[1, 2]]}],
    "tried": [{"off": ["p00"], "probability": 0.5}],
    "answers": {"seen": "no"},
    "active_seconds": 12.5,
}


def test_a_judgement_comes_from_what_was_sent() -> None:
    assert judgement_from_json(SENT) == Judgement(
        verdict="reject",
        confidence=4,
        reason="wrong",
        region="elsewhere",
        corrected_label="finding",
        text="because",
        prototype_judgements={"p00": PrototypeJudgement(usefulness="useful")},
        marks=(Mark("point", ((1.0, 2.0),)),),
        tried=({"off": ["p00"], "probability": 0.5},),
        answers={"seen": "no"},
        active_seconds=12.5,
    )
    least = {"verdict": "accept", "confidence": 1}
    assert judgement_from_json(least) == Judgement("accept", 1)
    short = judgement_from_json(least | {"reason": "", "region": None})
    assert short == Judgement("accept", 1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"confidence": 0}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"confidence": "4"}, "confidence"),
        ({"reason": "good"}, "says nothing of a reason"),
        ({"region": "there"}, "says nothing of a place"),
        ({"text": 3}, "no judgement"),
        ({"text": "x" * 10_001}, "Shorten it"),
        ({"prototype_judgements": {"p00": {"liked": True}}}, "no judgement"),
        ({"prototype_judgements": [1]}, "no judgement"),
        ({"marks": 3}, "no shapes"),
        ({"tried": ["x"]}, "no list of facts"),
        ({"tried": [{"p": float("nan")}]}, "no list of facts"),
        ({"tried": [{}] * 201}, "Remove some"),
        ({"active_seconds": -1}, "time that this read took"),
        ({"active_seconds": None}, "time that this read took"),
        ({"active_seconds": 1e9}, "time that this read took"),
        ({"answers": [1]}, "no judgement"),
    ],
)
def test_what_is_no_judgement_is_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        judgement_from_json(SENT | changed)


@pytest.mark.parametrize("document", [None, [], "x", {"verdict": "accept"}])
def test_something_else_is_refused(document: object) -> None:
    with pytest.raises(Refused, match="no judgement"):
        judgement_from_json(document)


@pytest.mark.parametrize(
    ("verdict", "corrected", "predicted", "own", "label"),
    [
        ("accept", None, "finding", "none", "finding"),
        ("accept", None, "finding", None, "finding"),
        ("reject", "none", "finding", "finding", "none"),
        ("reject", None, "finding", "none", "none"),
        ("supplement", None, "finding", "none", "none"),
        ("supplement", "other", "finding", "none", "other"),
        ("rightly refused", None, None, "none", "none"),
    ],
)
def test_the_label_in_the_end(
    verdict: Any, corrected: str | None, predicted: str | None, own: str | None, label: str
) -> None:
    said = Judgement(verdict, 3, corrected_label=corrected)
    assert label_in_the_end(said, predicted=predicted, own=own) == label


@pytest.mark.parametrize("own", [None, "", "finding"])
def test_who_rejects_without_another_label_says_which_is_right(own: str | None) -> None:
    with pytest.raises(Refused, match="which label is right"):
        label_in_the_end(Judgement("reject", 3), predicted="finding", own=own)
