"""What the page says of a prediction, above all of a negative one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from app.views.review.prediction import headline, probability_chart, threshold_text

from app.services.inference import queue
from app.services.workplace import Workplace
from dprotonet.inference.prediction import Prediction, decide, leading_finding
from tests.app.services.workplaces import png
from tests.app.views.conftest import FullPool, MultiLabelPool
from tests.app.views.screen import Screen, bare

Worker = Callable[[], int]


def predicted(
    threshold: float | None = None,
    thresholds: dict[str, float] | None = None,
    **probabilities: float,
) -> Prediction:
    """A prediction of a model whose negative class is "none"."""
    label = decide(probabilities, negative_class="none", threshold=threshold, thresholds=thresholds)
    return Prediction(
        label=label,
        probabilities=probabilities,
        logits=dict.fromkeys(probabilities, 0.0),
        threshold=threshold,
        matches=(),
        closest_similarity=0.9,
        no_prototype_is_close=False,
        seconds=0.1,
        bundle="0" * 64,
        thresholds=thresholds,
    )


def texts_of(prediction: Prediction) -> tuple[str, str]:
    return (
        bare(headline(prediction, "none")),
        bare(threshold_text(prediction, "none")),
    )


def test_a_negative_call_names_the_finding_and_the_threshold_above_it() -> None:
    assert texts_of(predicted(0.62, none=0.4, pneumonia=0.6)) == (
        "none",
        "pneumonia 60 %, below the threshold of 62 % (mark).",
    )


def test_a_positive_call_names_the_threshold_that_it_passes() -> None:
    assert texts_of(predicted(0.3, none=0.6, pneumonia=0.4)) == (
        "pneumonia · 40 %",
        "pneumonia 40 %, above the threshold of 30 % (mark).",
    )


def test_probabilities_that_round_to_the_threshold_are_given_with_more_digits() -> None:
    assert texts_of(predicted(0.6175, none=0.384, pneumonia=0.616))[1] == (
        "pneumonia 61.6 %, below the threshold of 61.8 % (mark)."
    )


def test_of_several_findings_their_sum_is_compared() -> None:
    assert texts_of(predicted(0.55, none=0.52, nodule=0.3, effusion=0.18)) == (
        "none",
        "All findings together: 48 %, below the threshold of 55 % (mark: 45 % of “none”).",
    )


def test_multi_label_classes_are_compared_each_with_its_own_threshold() -> None:
    thresholds = {"nodule": 0.5, "effusion": 0.3}
    title, text = texts_of(predicted(thresholds=thresholds, nodule=0.4, effusion=0.1))
    assert title == "None called"
    assert text.startswith("The closest class is nodule: 40 %, below the threshold of 50 %.")
    title, text = texts_of(predicted(thresholds=thresholds, nodule=0.6, effusion=0.4))
    assert title == "nodule 60 % + effusion 40 %" and "closest class" not in text


def test_the_most_probable_finding_is_not_the_negative_class() -> None:
    shares = {"none": 0.6, "nodule": 0.15, "effusion": 0.25}
    assert leading_finding(shares, "none") == "effusion"
    assert leading_finding(shares, None) == "none"
    assert leading_finding({"none": 1.0}, "none") is None


def test_the_number_of_a_bar_is_not_covered_by_its_mark() -> None:
    chart = probability_chart(predicted(0.62, none=0.4, pneumonia=0.6), negative_class="none")
    numbers = {note.text: note.x for note in chart.layout.annotations}
    assert numbers == {"60 %": 0.62, "40 %": 0.4}
    far = probability_chart(predicted(0.9, none=0.4, pneumonia=0.6), negative_class="none")
    assert {note.text: note.x for note in far.layout.annotations} == {"60 %": 0.6, "40 %": 0.4}


class NarrowlyNegative(FullPool):
    """Calls nothing, though the finding is the more probable class."""

    def predict(self, model: str, image: object, **named: object) -> Prediction:
        prediction = super().predict(model, image, **named)  # type: ignore[arg-type]
        return replace(
            prediction, label="none", probabilities={"none": 0.4, "finding": 0.6}, threshold=0.62
        )


@pytest.fixture
def pool() -> FullPool:
    return NarrowlyNegative()


def test_on_a_negative_call_the_heatmaps_and_prototypes_of_the_finding_come_first(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    assert "finding 60 %, below the threshold of 62 %" in image.text
    assert "none · 40 %" not in image.text
    classes = [line for line in image.text.splitlines() if line.startswith("**p0")]
    assert [line.split()[-1] for line in classes] == ["finding", "finding", "none", "none"]
    explain = next(field for field in image.app.selectbox if field.label == "Explain")
    assert explain.options[:2] == ["Class finding", "Class none"]
    image.press("Explain")
    queue.run_pending(workplace, pool)
    assert "Requested heatmap: **Class finding**" in image.run().text
    image.press("All cases")
    assert "none (finding 60 %)" in image.text


def test_an_image_is_called_by_its_finding_where_there_is_one(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("bright.png", png(level=200)))
    queue.run_pending(workplace, FullPool())
    image = screen.run()
    explain = next(field for field in image.app.selectbox if field.label == "Explain")
    assert explain.options[:2] == ["Class finding", "Class none"]
    assert "Its prototypes come first" not in image.text


def test_no_prototype_is_close_stands_in_a_banner(
    screen: Screen, worker: Worker, pool: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    predict = pool.predict  # type: ignore[attr-defined]
    monkeypatch.setattr(
        pool, "predict", lambda *a, **k: replace(predict(*a, **k), no_prototype_is_close=True)
    )
    screen.upload(("odd.png", png(level=200)))
    worker()
    assert "No prototype is close" in screen.run().text


def test_several_findings_are_called_each_with_its_probability(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("bright.png", png(level=200)))
    queue.run_pending(workplace, MultiLabelPool())
    page = screen.run()
    assert "#### none 60 % + finding 82 %" in page.text.replace("\u202f", " ")
    assert "each class has its own threshold" in page.text
    assert "contributions sum to the logit of **finding**" in page.text
    assert "The prototypes explain “finding”" in page.text
