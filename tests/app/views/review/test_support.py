"""An image that the model was not made for: no diagnosis on its page, and what is said instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.services import explanations, review
from app.services.workplace import Workplace
from app.views.review.support import CAUTION, TITLE, reasons
from dprotonet.inference.support import Support
from tests.app.services.workplaces import OUTSIDE, by_brightness, png
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen, bare

Worker = Callable[[], int]
ANYWAY, HIDE = "Show what the network computed anyway", "Hide what the network computed"


@pytest.fixture
def pool() -> FullPool:
    """A model with a gate."""
    gated = FullPool()
    gated.gate = by_brightness
    return gated


@pytest.fixture
def refused(screen: Screen, worker: Worker) -> Screen:
    """A refused image, open."""
    screen.upload(("dark.png", png(level=10)))
    worker()
    return screen.run()


def overlays(screen: Screen) -> str:
    """What the viewer was given, as one text."""
    return "\n".join(part.proto.json for part in screen.components)


def all_text(screen: Screen) -> str:
    """Everything on the page, the names to choose from and the viewer too."""
    options = [str(option) for field in screen.app.selectbox for option in field.options]
    labels = [button.label for button in screen.app.button]
    return bare("\n".join([screen.text, *options, *labels, overlays(screen)]))


def test_a_refused_image_has_neither_class_nor_percentage_on_its_page(refused: Screen) -> None:
    assert f"#### {TITLE}" in refused.text
    assert "- Distance 4.50, its limit is 1.75." in refused.text
    assert "choose a model for such images" in refused.text
    text = all_text(refused)
    assert '"heatmaps": []' in text
    for word in ("finding\n", "none", "%", "Similarity", "p00", "Explain", "0.9"):
        assert word not in text, word
    assert not refused.app.get("plotly_chart")
    assert [tab.label for tab in refused.app.tabs] == ["Verdict", "Revisions (0)"]


def test_a_refused_image_stands_in_the_list_without_a_label(refused: Screen) -> None:
    refused.press("All cases")
    assert "Unlike the training images" in refused.text and ":orange-badge[refused]" in refused.text
    assert "finding" not in refused.text and "%" not in refused.text
    refused.press("New")
    assert "No case matches" in refused.text
    refused.press("Refused")
    assert refused.buttons("dark.png")


def test_what_the_network_computed_is_shown_on_request_beside_the_caution(
    refused: Screen, workplace: Workplace, worker: Worker
) -> None:
    refused.press(ANYWAY)
    assert refused.warnings == [CAUTION] * 3, "in the panel, the prototypes and the heatmaps"
    assert "Similarity 0.900" in refused.text and "prototype of “none”" in refused.text
    for word in ("%", "logit", "contribution", "support “"):
        assert word not in refused.text, word
    assert not refused.app.get("plotly_chart")
    explain = next(field for field in refused.app.selectbox if field.label == "Explain")
    assert explain.value is None and "Class finding" in explain.options
    refused.choose("Explain", "class:finding")
    refused.press("Explain", number=-1)
    worker()
    refused.run()
    assert "Requested heatmap: **Class finding**" in refused.text
    shown = overlays(refused)
    assert CAUTION in shown and "Class finding" in shown
    assert "the probability of" not in shown + refused.text and "%" not in shown
    refused.press(HIDE)
    assert "Class finding" not in all_text(refused) and not refused.warnings
    assert len(review.open_case(workplace, refused.case_id).maps) > 0, "kept, and hidden"


def test_the_reader_says_whether_the_model_was_right_to_refuse(
    refused: Screen, workplace: Workplace
) -> None:
    assert refused.buttons("Save revision 1")[0].disabled
    refused.choose("Was the model right to refuse this image?", "wrongly refused")
    refused.choose("Confidence", 4)
    refused.choose("What the image shows", "finding")
    refused.press("Save revision 1")
    annotation = review.open_case(workplace, refused.case_id).annotation
    assert annotation is not None and not refused.errors
    assert (annotation.verdict, annotation.corrected_label) == ("wrongly refused", "finding")
    assert "Wrongly refused · confidence 4" in refused.text
    assert "Refused by nih-pneumonia" in refused.text


def test_a_verdict_on_a_prediction_is_not_carried_over_to_a_model_that_refuses(
    refused: Screen, workplace: Workplace, worker: Worker, pool: FullPool
) -> None:
    other = workplace.models.find("chest-phantom")
    assert other is not None
    pool.gate = lambda image: None
    refused.choose("Model for this case", other.digest)
    worker()
    refused.run().choose("Verdict", "accept")
    refused.choose("Confidence", 2)
    refused.press("Save revision 1")
    first = workplace.models.find("nih-pneumonia")
    assert first is not None
    refused.choose("Model for this case", first.digest)
    verdict = next(f for f in refused.app.segmented_control if f.label.startswith("Was the model"))
    assert verdict.value is None and f"#### {TITLE}" in refused.text


def test_an_image_at_the_edge_is_shown_as_usual_with_a_caution(
    screen: Screen, worker: Worker
) -> None:
    screen.upload(("medium.png", png(level=110)))
    worker()
    screen.run()
    assert screen.warnings == [
        "**Read with caution.** At the edge of what this model was trained on: distance 1.50, its "
        "limit is 1.75."
    ]
    assert "What speaks for" in str([html.value for html in screen.app.get("html")])
    assert screen.has("Verdict")
    screen.press("All cases")
    assert "none (finding 46 %) :orange-badge[caution]" in screen.text


def test_an_image_like_the_training_images_says_nothing_of_it(
    screen: Screen, worker: Worker
) -> None:
    screen.upload(("bright.png", png(level=230)))
    worker()
    screen.run()
    assert not screen.warnings and "istance" not in screen.text
    assert "finding" in screen.press("All cases").text and "caution" not in screen.text


def test_a_batch_does_not_make_heatmaps_of_refused_images_ready_to_be_seen(
    refused: Screen, workplace: Workplace, worker: Worker
) -> None:
    explanations.request(workplace, refused.case_id, node="class:finding")
    worker()
    refused.run()
    assert "Class finding" not in all_text(refused)


@pytest.mark.parametrize(
    ("support", "sentences"),
    [
        (OUTSIDE, ["Distance 4.50, its limit is 1.75."]),
        (
            replace(OUTSIDE, distance=1.0, reasons=("modality US; this model takes CR, DX",)),
            ["Modality US; this model takes CR, DX.", "Distance 1.00, its limit is 1.75."],
        ),
        (
            Support("outside", reasons=("a colour image; this model takes grey images",)),
            ["A colour image; this model takes grey images."],
        ),
    ],
)
def test_the_distance_is_said_once_whatever_the_reason_is(
    support: Support, sentences: list[str]
) -> None:
    assert reasons(support) == sentences
