"""What is said of a prediction, above all of one that calls nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.services.inference import queue
from app.services.workplace import Workplace
from app.views.review.prediction import headline, probability_chart, threshold_words
from app.views.shared.format import call_words, two_percents
from dprotonet.inference.prediction import Prediction, decide, leading_finding
from tests.app.services.workplaces import png
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen, bare


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


def said(prediction: Prediction) -> tuple[str, str]:
    return (
        bare(headline(prediction, "none")),
        bare(threshold_words(prediction, "none")),
    )


def test_a_negative_call_names_the_finding_and_what_it_falls_short_of() -> None:
    assert said(predicted(0.62, none=0.4, pneumonia=0.6)) == (
        "none",
        "pneumonia 60 %, below the 62 % from which it is called (mark).",
    )


def test_a_positive_call_names_the_threshold_that_it_passes() -> None:
    assert said(predicted(0.3, none=0.6, pneumonia=0.4)) == (
        "pneumonia · 40 %",
        "pneumonia 40 %, above the 30 % from which it is called (mark).",
    )


def test_shares_that_round_to_the_same_are_told_with_more_digits() -> None:
    assert said(predicted(0.6175, none=0.384, pneumonia=0.616))[1] == (
        "pneumonia 61.6 %, below the 61.8 % from which it is called (mark)."
    )
    assert two_percents(0.5, 0.5) == ("50 %", "50 %")
    assert two_percents(0.9991, 0.9992) == ("99.91 %", "99.92 %")


def test_of_several_findings_their_sum_is_compared() -> None:
    assert said(predicted(0.55, none=0.52, nodule=0.3, effusion=0.18)) == (
        "none",
        "Findings together: 48 %, below the 55 % from which one is called (mark: 45 % of “none”).",
    )


def test_findings_that_go_together_are_compared_each_with_its_own_threshold() -> None:
    thresholds = {"nodule": 0.5, "effusion": 0.3}
    title, words = said(predicted(thresholds=thresholds, nodule=0.4, effusion=0.1))
    assert title == "None called"
    assert words.startswith("nodule comes closest: 40 %, below the 50 % from which it is called.")
    title, words = said(predicted(thresholds=thresholds, nodule=0.6, effusion=0.4))
    assert title == "nodule 60 % + effusion 40 %" and "comes closest" not in words


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


class Model:
    classes = ("none", "pneumonia")
    negative_class = "none"


@pytest.mark.parametrize(
    ("label", "words"),
    [("none", "none (pneumonia 60 %)"), ("pneumonia", "pneumonia · 40 %")],
)
def test_a_list_gives_a_negative_label_with_the_probability_of_the_finding(
    label: str, words: str
) -> None:
    assert call_words(label, 0.4, of=Model()) == words


def test_a_list_of_several_findings_gives_that_of_any() -> None:
    of_more = Model()
    of_more.classes = ("none", "nodule", "effusion")  # type: ignore[assignment]
    assert call_words("none", 0.4, of=of_more) == "none (any finding 60 %)"
    assert call_words("none", 0.4) == "none · 40 %", "a model that is gone"


class NarrowlyNegative(FullPool):
    """Calls nothing, though the finding is the more probable class."""

    def predict(self, model: str, image: object) -> Prediction:
        found = super().predict(model, image)  # type: ignore[arg-type]
        return replace(
            found, label="none", probabilities={"none": 0.4, "finding": 0.6}, threshold=0.62
        )


@pytest.fixture
def pool() -> FullPool:
    return NarrowlyNegative()


def test_on_a_negative_call_the_findings_maps_and_prototypes_come_first(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    assert "finding 60 %, below the 62 % from which it is called" in image.text
    assert "none · 40 %" not in image.text
    classes = [line for line in image.text.splitlines() if line.startswith("**p0")]
    assert [line.split()[-1] for line in classes] == ["finding", "finding", "none", "none"]
    explain = next(field for field in image.app.selectbox if field.label == "Explain")
    assert explain.options[:2] == ["Class finding", "Class none"]
    image.press("Explain")
    queue.run_pending(workplace, pool)
    assert "Heatmap asked for: **Class finding**" in image.run().text
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
    assert "its prototypes come first" not in image.text
