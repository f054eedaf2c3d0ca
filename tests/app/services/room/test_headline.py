"""The first sentence: what the model says of an image, above all of a negative one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.cases import CaseFacts
from app.services import review
from app.services.room.headline import bars, context, first_sentence, headline, threshold_marks
from app.services.uploading import intake
from dprotonet.errors import UnusableBundle
from dprotonet.inference.prediction import Prediction, decide, leading_finding
from tests.app.services.room.conftest import Room
from tests.app.services.room.pools import FullPool, MultiLabelPool
from tests.app.services.workplaces import CAUTION, INSIDE, by_brightness, png


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


def sentence(*args: Any, **probabilities: float) -> str:
    return first_sentence(predicted(*args, **probabilities), "none")


def test_a_negative_call_names_the_finding_and_the_threshold_above_it() -> None:
    said = sentence(0.62, none=0.4, pneumonia=0.6)
    assert said == "Pneumonia 60 %, below the 62 % call: not called."


def test_a_positive_call_names_the_threshold_that_it_passes() -> None:
    said = sentence(0.3, none=0.6, pneumonia=0.4)
    assert said == "Pneumonia 40 %, above the 30 % call: called."
    assert sentence(0.5, none=0.5, pneumonia=0.5).endswith("at the 50 % call: called.")


def test_probabilities_that_round_to_the_threshold_are_given_with_more_digits() -> None:
    said = sentence(0.6175, none=0.384, pneumonia=0.616)
    assert said == "Pneumonia 61.6 %, below the 61.8 % call: not called."


def test_of_several_findings_their_sum_is_compared_and_the_most_probable_is_named() -> None:
    assert sentence(0.55, none=0.52, nodule=0.3, effusion=0.18) == (
        "Any finding 48 %, below the 55 % call: not called. Most probable: nodule, 30 %."
    )
    assert sentence(0.4, none=0.52, nodule=0.3, effusion=0.18) == (
        "Any finding 48 %, above the 40 % call: called nodule. Most probable: nodule, 30 %."
    )


def test_multi_label_classes_are_compared_each_with_its_own_threshold() -> None:
    thresholds = {"nodule": 0.5, "effusion": 0.3}
    nothing = sentence(None, thresholds, nodule=0.4, effusion=0.1)
    assert nothing == "Nothing is called. Closest: nodule 40 %, below its 50 % call."
    both = sentence(None, thresholds, nodule=0.6, effusion=0.4)
    assert both == "Nodule 60 %, effusion 40 %: called, each from a threshold of its own."


def test_without_a_threshold_the_most_probable_class_is_named() -> None:
    assert sentence(None, none=0.2, nodule=0.8) == "Nodule 80 %: the most probable."


def test_the_most_probable_finding_is_not_the_negative_class() -> None:
    shares = {"none": 0.6, "nodule": 0.15, "effusion": 0.25}
    assert leading_finding(shares, "none") == "effusion"
    assert leading_finding(shares, None) == "none"
    assert leading_finding({"none": 1.0}, "none") is None


def test_the_bars_are_ordered_and_the_mark_is_where_the_threshold_applies() -> None:
    two = bars(predicted(0.62, none=0.4, pneumonia=0.6), "none")
    assert [(bar.name, bar.text, bar.is_called, bar.mark) for bar in two] == [
        ("pneumonia", "60 %", False, 0.62),
        ("none", "40 %", True, None),
    ]
    several = predicted(0.55, none=0.52, nodule=0.3, effusion=0.18)
    assert threshold_marks(several, "none") == {"none": pytest.approx(0.45)}
    thresholds = {"nodule": 0.5, "effusion": 0.3}
    many = bars(predicted(None, thresholds, nodule=0.6, effusion=0.1), "none")
    assert [(bar.is_called, bar.mark) for bar in many] == [(True, 0.5), (False, 0.3)]
    assert threshold_marks(predicted(None, none=0.2, nodule=0.8), "none") == {}


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"modality": "DX", "view_position": "PA", "body_part": "CHEST"}, "Frontal chest film"),
        ({"modality": "CR", "view_position": "ap", "body_part": "CHEST"}, "Frontal chest film"),
        ({"modality": "DX", "view_position": "LL", "body_part": "CHEST"}, "Lateral chest film"),
        ({"modality": "DX"}, "Film"),
        ({"modality": "US", "body_part": "BREAST"}, "US breast image"),
        ({}, "Image"),
    ],
)
def test_the_context_says_what_kind_of_image_it_is(facts: dict[str, str], kind: str) -> None:
    of_file = CaseFacts("dicom", 16, 18, **facts)  # type: ignore[arg-type]
    assert context(of_file, INSIDE) == f"{kind}, as in training."
    assert context(of_file, CAUTION) == f"{kind}, at the edge of what the model was trained on."
    assert context(of_file, None).startswith(f"{kind}. The model cannot tell whether")


def test_a_finding_is_told_with_its_threshold_and_what_calibrated_means(read: Room) -> None:
    said = read.open().headline
    assert said is not None and said.tone == "finding"
    assert said.sentence == "Finding 82 %, above the 50 % call: called."
    assert said.details[0] == "“finding” is called from 50 % (mark)."
    assert "about 80 of 100 images with 80 %" in said.details[1]
    assert said.details[2].startswith("4 contributions sum to the logit of “finding”, +0.")
    assert not said.cautions


def test_what_the_classes_mean_stands_with_the_figures(read: Room) -> None:
    said = headline(read.sheet, note_on_classes="As two readers saw it.")
    assert said.details[1] == "As two readers saw it."


class NarrowlyNegative(FullPool):
    """Calls nothing, though the finding is the more probable class."""

    def predict(self, model: str, image: object, **named: object) -> Prediction:
        prediction = super().predict(model, image, **named)  # type: ignore[arg-type]
        return replace(
            prediction, label="none", probabilities={"none": 0.4, "finding": 0.6}, threshold=0.62
        )


def test_a_negative_call_is_no_finding_however_probable_the_finding_is(room: Room) -> None:
    room.pool = NarrowlyNegative()
    said = room.add().open().headline
    assert said is not None and said.tone == "negative"
    assert said.sentence == "Finding 60 %, below the 62 % call: not called."


def test_several_findings_are_called_each_with_its_probability(room: Room) -> None:
    room.pool = MultiLabelPool()
    said = room.add().open().headline
    assert said is not None and said.tone == "finding"
    assert said.sentence == "None 60 %, finding 82 %: called, each from a threshold of its own."
    assert said.details[0] == "Multi-label: each class is called from its own threshold (mark)."


def test_before_there_is_a_prediction_the_room_says_that_it_comes(room: Room) -> None:
    room.case_id = str(intake.add(room.workplace, png(1), name="a.png").case_id)
    opened = room.open()
    assert opened.headline is not None and opened.headline.tone == "waiting"
    assert opened.headline.sentence == "Reading the image…"
    assert [work.text for work in opened.work] == ["Reading the image…"]
    assert not opened.work[0].can_cancel
    assert (opened.cards, opened.waterfall, opened.maps, opened.map_actions) == ((), None, (), ())
    assert opened.evidence_note == "The prototypes appear with the prediction."


def test_a_prediction_that_failed_says_why_and_can_be_tried_again(room: Room) -> None:
    def refuse() -> None:
        raise UnusableBundle("The head was altered. Add the model again.")

    room.pool.before_predict = refuse
    opened = room.add().open()
    assert opened.headline is not None and opened.headline.tone == "failed"
    assert opened.headline.sentence == "The head was altered. Add the model again."
    assert [action.id for action in opened.facts.actions] == ["retry"]
    room.pool.before_predict = lambda: None
    review.retry_prediction(room.workplace, room.case_id)
    again = room.work().open()
    assert again.headline is not None and again.headline.tone == "finding"
    assert again.facts.actions == ()


def test_an_image_at_the_edge_is_shown_as_usual_with_a_caution(room: Room) -> None:
    room.pool.gate = by_brightness
    opened = room.add(level=110).open()
    assert opened.headline is not None and opened.headline.tone == "negative"
    assert opened.headline.cautions == (
        "Read with caution. At the edge of what this model was trained on: distance 1.50, its "
        "limit is 1.75.",
    )
    assert opened.headline.context == "Image, at the edge of what the model was trained on."
    assert opened.cards and opened.waterfall and not opened.hides_network


def test_an_image_like_the_training_images_has_no_caution(room: Room) -> None:
    room.pool.gate = by_brightness
    said = room.add(level=230).open().headline
    assert said is not None and said.context == "Image, as in training." and not said.cautions


class Far(FullPool):
    """No prototype is close."""

    def predict(self, *args: object, **named: object) -> Prediction:
        return replace(super().predict(*args, **named), no_prototype_is_close=True)  # type: ignore[arg-type]


def test_that_no_prototype_is_close_is_a_caution(room: Room) -> None:
    room.pool = Far()
    said = room.add().open().headline
    assert said is not None
    assert said.cautions[0].startswith("No prototype is close. The highest similarity is 0.90,")
