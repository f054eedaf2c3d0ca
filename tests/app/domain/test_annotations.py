"""What a judgement of a prototype and a revision may hold."""

import pytest

from app.domain.annotations import PrototypeJudgement, check_judgements, check_revision
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
    with pytest.raises(Refused, match=r"p07 is judged .* device, text, border or laterality"):
        check_judgements({"p00": complete, "p07": lacking})
