"""Doubt is 1 on a threshold and 0 where nothing could be clearer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.worklist.doubt import Doubt, nearness, of_prediction, of_signature
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.support import Support


def said(probabilities: dict[str, float], **more: object) -> dict[str, object]:
    return {"label": "sick", "probabilities": probabilities, **more}


@given(threshold=st.floats(0.01, 0.99), first=st.floats(0, 1), second=st.floats(0, 1))
def test_nearer_to_the_threshold_on_one_side_is_more_doubtful(
    threshold: float, first: float, second: float
) -> None:
    assert 0 <= nearness(first, threshold) <= 1 and nearness(threshold, threshold) == 1
    if (first >= threshold) == (second >= threshold):
        nearer = abs(first - threshold) < abs(second - threshold)
        assert not nearer or nearness(first, threshold) >= nearness(second, threshold)


@pytest.mark.parametrize(
    ("prediction", "finding", "doubt"),
    [
        (said({"well": 0.4, "sick": 0.6}, threshold=0.62), 0.6, 0.6 / 0.62),
        (said({"well": 0.4, "sick": 0.6}), None, 0.8),
        (said({"well": 0.1, "sick": 0.2, "worse": 0.7}), None, 0.5),
        (said({"a": 0.9, "b": 0.35}, thresholds={"a": 0.5, "b": 0.4}), None, 0.875),
        (said({"sick": 1.0}), None, 0.0),
    ],
    ids=["one threshold", "two classes", "three classes", "several findings", "one class"],
)
def test_a_prediction_is_as_doubtful_as_the_call_is_near_to_another(
    prediction: dict[str, object], finding: float | None, doubt: float
) -> None:
    result = of_prediction(prediction, finding=finding)
    assert result is not None and result.reason == "threshold"
    assert result.value == pytest.approx(doubt)


def test_what_is_said_under_caution_is_in_doubt_whatever_the_figure() -> None:
    clear = {"well": 0.0, "sick": 1.0}
    support = Support("caution", 1.5, reasons=("rare",), caution_from=1.0, threshold=2.0)
    careful = Prediction("sick", clear, clear, 0.5, (), 0.5, True, 0.1, "m", support=support)
    assert of_prediction(careful.to_json(), finding=1.0) == Doubt(1.0, "caution")
    assert of_prediction(said(clear, no_prototype_is_close=True), finding=1.0) == Doubt(
        1.0, "prototypes"
    )
    assert of_prediction({"label": None, "probabilities": {}}, finding=None) is None


def test_a_guess_that_was_signed_is_in_doubt_and_a_certain_signature_is_not() -> None:
    assert [of_signature(confidence).value for confidence in (1, 3, 5)] == [1.0, 0.5, 0.0]
    with pytest.raises(ValueError, match="doubt lies"):
        Doubt(1.1, "threshold")
