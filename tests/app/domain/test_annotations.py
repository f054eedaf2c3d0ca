"""What a judgement of a prototype and a revision may hold."""

from datetime import UTC, datetime

import pytest

from app.domain.annotations import (
    ON_PREDICTION,
    ON_REFUSAL,
    Annotation,
    PrototypeJudgement,
    Verdict,
    check_judgements,
    check_revision,
)
from app.domain.errors import Refused


def test_an_artefact_belongs_to_that_judgement_alone() -> None:
    assert PrototypeJudgement(usefulness="artefact", artefact="border").artefact == "border"
    with pytest.raises(Refused, match="not judged"):
        PrototypeJudgement(usefulness="useful", artefact="border")
    with pytest.raises(Refused, match="device, text, border, laterality"):
        PrototypeJudgement(usefulness="artefact", artefact="cat")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="useful, not useful"):
        PrototypeJudgement(usefulness="nice")  # type: ignore[arg-type]


def test_saying_nothing_is_empty_and_saying_no_is_not() -> None:
    assert PrototypeJudgement().is_empty
    assert not PrototypeJudgement(similar=False).is_empty


def test_nothing_can_be_accepted_before_there_is_a_prediction() -> None:
    choices = {"corrected_label": None, "confidence": 3, "text": "seen", "predicted_label": None}
    with pytest.raises(Refused, match="no prediction yet"):
        check_revision(verdict="accept", **choices)  # type: ignore[arg-type]
    check_revision(verdict="supplement", **choices)  # type: ignore[arg-type]
    check_revision(verdict="reject", **choices)  # type: ignore[arg-type]


def test_an_artefact_is_signed_only_with_its_kind() -> None:
    complete = PrototypeJudgement(usefulness="artefact", artefact="text")
    check_judgements({"p00": complete, "p01": PrototypeJudgement(usefulness="useful")})
    lacking = PrototypeJudgement(usefulness="artefact")
    assert lacking.lacks_kind and not complete.lacks_kind
    with pytest.raises(
        Refused, match=r"p07 is judged .* device, text, border, laterality or other"
    ):
        check_judgements({"p00": complete, "p07": lacking})


@pytest.mark.parametrize("verdict", ON_REFUSAL)
def test_of_a_refused_image_a_reader_judges_the_refusal_alone(verdict: str) -> None:
    choices = {"corrected_label": None, "confidence": 3, "text": "", "predicted_label": None}
    check_revision(verdict=verdict, **choices, is_refused=True)  # type: ignore[arg-type]
    check_revision(verdict=verdict, **choices | {"corrected_label": "cyst"}, is_refused=True)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="did not refuse this case"):
        check_revision(verdict=verdict, **choices)  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", ON_PREDICTION)
def test_of_a_refused_image_there_is_no_prediction_to_judge(verdict: str) -> None:
    choices = {"corrected_label": "cyst", "confidence": 3, "text": "", "predicted_label": None}
    with pytest.raises(Refused, match="Choose “rightly refused” or “wrongly refused”"):
        check_revision(verdict=verdict, **choices, is_refused=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdict", "predicted_label", "agrees"),
    [
        ("accept", "nodule", True),
        ("supplement", "nodule", True),
        ("reject", "nodule", False),
        ("reject", None, None),
        ("rightly refused", None, None),
        ("wrongly refused", None, None),
    ],
)
def test_a_refusal_is_neither_agreement_nor_disagreement(
    verdict: Verdict, predicted_label: str | None, agrees: bool | None
) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    probability = None if predicted_label is None else 0.75
    annotation = Annotation(
        *("c1", 0, 1, "me", verdict, None, 3, "", "m", "toy", predicted_label, probability, now)
    )
    assert annotation.agrees is agrees
