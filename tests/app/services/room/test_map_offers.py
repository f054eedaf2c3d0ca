"""Heatmaps in the room: a first one, a refined one, the mask reader's, and what each may claim."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.jobs import Job
from app.domain.noun import IMAGE
from app.services import jobs
from app.services.room.map_offers import NOT_MEASURED, job_text
from dprotonet.errors import UnusableBundle
from dprotonet.explain.explanation import READER
from dprotonet.inference.prediction import Prediction
from tests.app.services.room.conftest import Room
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import START, by_brightness

CLAIM = (
    "Affects the model's output: hiding the marked 20 % gives 0.30 instead of 0.80, a random 20 % "
    "gives 0.70 · 75 % of it inside the body."
)


@pytest.fixture
def mapped(readers: None, read: Room) -> Room:
    """A bright image of a model with a mask reader."""
    return read


def titles(room: Room) -> list[str]:
    return [offer.title for offer in room.open().maps]


def works(room: Room) -> list[str]:
    """What the room says of the worker."""
    return [work.text for work in room.open().work]


def test_heatmaps_are_made_only_on_request_and_the_class_to_look_at_is_offered_first(
    read: Room,
) -> None:
    opened = read.open()
    assert opened.maps == () and read.pool.tiers == []
    assert [action.title for action in opened.map_actions][:3] == [
        "Explain class finding",
        "Explain class none",
        "Explain prototype p01",
    ]
    assert {action.tier for action in opened.map_actions} == {"standard"}


def test_a_first_heatmap_is_shown_with_its_claim_while_a_refined_one_is_made(read: Room) -> None:
    read.pool.outside_body = 0.25
    assert works(read.explain()) == ["Class finding: waiting for the worker…"]
    read.step()
    (offer,) = read.open().maps
    assert (offer.id, offer.title, offer.claim) == (
        "class:finding",
        "Class finding (first heatmap)",
        CLAIM,
    )
    assert works(read) == ["Class finding: refining…"] and read.open().work[0].can_cancel
    assert [(action.title, action.tier) for action in offer.actions] == [("Refine", "standard")]
    assert any("First heatmap, drawn by a search on this image" in t for t in offer.details)
    assert "class:finding" not in {action.node for action in read.open().map_actions}


def test_no_claim_has_a_tick_or_praise_in_it(mapped: Room) -> None:
    mapped.explain().explain("class:finding", "instant").work()
    for offer in mapped.open().maps:
        said = " ".join([offer.title, offer.claim, offer.warning, *offer.details]).lower()
        for praise in ("✓", "✔", "☑", "reliable.", "good", "green", "trust", "better than"):
            assert praise not in said, (offer.id, said)


def test_the_claim_says_whether_the_heatmap_marks_the_same_once_that_was_measured(
    read: Room,
) -> None:
    read.pool.outside_body = 0.25
    read.explain().step().step()
    before = read.maps()["class:finding"]
    assert before.claim == CLAIM and before.actions[0].title == "Refine further"
    assert len(before.actions) == 1, "it is under way"
    assert works(read) == ["Class finding: made again, to see whether it marks the same…"]
    after = read.step().maps()["class:finding"]
    assert after.claim == CLAIM.replace(" · 75", " · agreement over draws 0.72 · 75")
    assert after.warning == "" and works(read) == []
    assert any(
        "3 heatmaps made by other draws overlap by 0.72 in the 20 % of the image that each marks "
        "most; regions at random overlap by 0.11" in text
        for text in after.details
    )


def test_a_heatmap_that_marks_something_else_when_it_is_made_again_is_not_relied_on(
    mapped: Room,
) -> None:
    mapped.pool.overlap = 0.3
    mapped.explain().explain("class:finding", "instant").work()
    offers = mapped.maps()
    searched, drawn = offers["class:finding"], offers["class:finding@reader"]
    assert "A second draw marks another place. Do not rely on it." in searched.warning
    assert "agreement over draws 0.30" in searched.claim
    assert "Of the image moved by a few pixels it marks another place." in drawn.warning
    assert "agreement over views 0.30" in drawn.claim


def test_a_heatmap_of_which_that_is_not_known_is_made_again_on_request(read: Room) -> None:
    read.explain().step().step()
    jobs.cancel(read.workplace, read.open().work[0].job_id)
    (refine, again) = read.maps()["class:finding"].actions
    assert (refine.tier, again.title, again.tier) == ("full", "Make again", "standard")
    read.explain(again.node, again.tier).work()  # type: ignore[arg-type]
    assert read.pool.tiers == ["draft", "standard"], "nothing else is made"
    offer = read.maps()["class:finding"]
    assert "agreement over draws 0.72" in offer.claim
    assert [action.title for action in offer.actions] == ["Refine further"]


def test_a_refined_map_that_is_no_more_reliable_than_the_mask_readers_own_says_so(
    mapped: Room,
) -> None:
    mapped.explain().explain("class:finding", "instant").work()
    said = "It is no more reliable than the mask reader's own map."
    assert said in mapped.maps()["class:finding"].warning
    assert said not in mapped.maps()["class:finding@reader"].warning


def test_hiding_what_is_marked_may_change_nothing_and_the_claim_says_so(read: Room) -> None:
    read.pool.measured["standard"] = {"hidden_value": 0.8}
    read.explain().work()
    claim = read.maps()["class:finding"].claim
    assert claim.startswith("Does not affect the model's output: hiding the marked 20 % gives 0.80")
    assert "inside the body" not in claim, "where no body can be told from the rest"


def test_the_refined_heatmap_leads_where_it_is_more_reliable_and_the_first_stays_at_hand(
    read: Room,
) -> None:
    read.pool.measured["draft"] = {"hidden_value": 0.5, "insertion_auc": 0.5}
    read.pool.measured["standard"] = {"hidden_value": 0.22}
    read.explain().work()
    refined, first = read.open().maps
    assert (refined.id, first.id) == ("class:finding", "class:finding@first")
    assert "gives 0.22 instead of 0.80" in refined.claim and "gives 0.50 " in first.claim
    assert (refined.warning, first.warning) == ("", "") and works(read) == []
    assert refined.url != first.url
    assert [(a.title, a.tier) for a in refined.actions] == [("Refine further", "full")]
    assert first.actions == ()
    read.explain("class:finding", "full").work()
    best = read.maps()["class:finding"]
    assert any("Fully refined heatmap" in text for text in best.details) and best.actions == ()


@pytest.mark.parametrize("insertion", [0.5, 0.4])
def test_a_refined_heatmap_that_is_no_better_does_not_lead(read: Room, insertion: float) -> None:
    read.pool.measured["standard"] = {"insertion_auc": insertion}
    read.explain().work()
    first, refined = read.open().maps
    assert (first.id, refined.id) == ("class:finding", "class:finding@refined")
    assert first.title == "Class finding (first heatmap)" and first.warning == ""
    assert refined.warning.endswith(
        "It is no more reliable than the heatmap before it, which keeps its place."
    )
    assert first.actions == (), "what would refine it is there"


def test_a_first_heatmap_whose_refinement_was_cancelled_is_refined_on_request(read: Room) -> None:
    read.explain().step()
    jobs.cancel(read.workplace, read.open().work[0].job_id)
    (offer,) = read.open().maps
    (action,) = offer.actions
    read.explain(action.node, action.tier).step()  # type: ignore[arg-type]
    assert read.pool.tiers == ["draft", "standard"]


@pytest.mark.parametrize(
    ("measured", "warning"),
    [
        (
            {"centre_insertion_auc": 0.7},
            "This first heatmap is no better than a centred Gaussian. Do not rely on it.",
        ),
        (
            {"random_insertion_auc": 0.9},
            "This first heatmap is no better than a random one. Do not rely on it.",
        ),
        (
            {"random_insertion_auc": 0.9, "centre_insertion_auc": 0.8},
            "This first heatmap is no better than a random one or a centred Gaussian. Do not rely "
            "on it.",
        ),
        ({"centre_insertion_auc": None, "centre_deletion_auc": None}, ""),
    ],
)
def test_a_heatmap_that_is_no_better_than_a_control_has_a_warning(
    read: Room, measured: dict[str, object], warning: str
) -> None:
    read.pool.measured["draft"] = measured
    (offer,) = read.explain().step().open().maps
    assert offer.warning == warning


def test_two_heatmaps_that_peak_at_different_places_both_have_a_warning(read: Room) -> None:
    read.pool.peaks.update({"draft": (0.2, 0.2), "standard": (0.8, 0.7)})
    read.pool.measured["draft"] = {"insertion_auc": 0.5}
    read.explain().work()
    refined, first = read.open().maps
    assert refined.warning == "Another heatmap of it peaks elsewhere. Neither peak is reliable."
    assert first.warning == "The refined heatmap peaks elsewhere. Neither peak is reliable."


def test_a_fragile_prediction_is_warned_of_beside_the_map_of_its_class(read: Room) -> None:
    read.pool.measured["draft"] = {"random_hidden_value": 0.4}
    read.pool.outside_body = 0.31
    (of_class,) = read.explain().step().open().maps
    assert of_class.claim.endswith("69 % of it inside the body.")
    assert of_class.warning.endswith("changes the probability of finding from 0.80 to 0.40.")
    read.explain("prototype:p01").work()
    prototypes = [one for one in read.open().maps if one.node == "prototype:p01"]
    assert len(prototypes) == 2 and not [one for one in prototypes if "fragile" in one.warning]
    assert "the similarity to p01 from 0.800 to 0.300" in prototypes[0].details[0]


def test_the_node_that_was_asked_for_last_comes_first(read: Room) -> None:
    read.explain().work()
    read.explain("prototype:p01").work()
    assert titles(read)[0].startswith("Prototype p01")


class Negative(FullPool):
    """Calls nothing, though the finding is the more probable class."""

    def predict(self, model: str, image: object, **named: object) -> Prediction:
        prediction = super().predict(model, image, **named)  # type: ignore[arg-type]
        return replace(
            prediction, label="none", probabilities={"none": 0.4, "finding": 0.6}, threshold=0.62
        )


def test_on_a_negative_call_the_findings_maps_come_first(readers: None, room: Room) -> None:
    room.pool = Negative()
    room.add()
    assert titles(room)[:2] == ["Class finding · mask reader", "Class none · mask reader"]
    prototypes = [title for title in titles(room) if title.startswith("Prototype")]
    assert [title.split()[1] for title in prototypes] == ["p01", "p03", "p00", "p02"]
    by_node = {offer.node: offer.palette for offer in room.open().maps}
    assert by_node["class:finding"] == "finding", "whatever was called"


def test_what_speaks_for_normal_has_a_palette_of_its_own(mapped: Room) -> None:
    mapped.explain("class:none").work()
    palettes = {(offer.node, offer.palette) for offer in mapped.open().maps}
    assert palettes == {
        ("class:finding", "finding"),
        ("class:none", "normal"),
        ("prototype:p00", "normal"),  # prototypes of "none"
        ("prototype:p02", "normal"),
        ("prototype:p01", "finding"),
        ("prototype:p03", "finding"),
    }


def test_the_mask_reader_has_a_map_of_every_node_with_the_prediction(mapped: Room) -> None:
    opened = mapped.open()
    assert [offer.id for offer in opened.maps][:2] == ["class:finding@reader", "class:none@reader"]
    assert len(opened.maps) == 6 == len({offer.url for offer in opened.maps})
    assert opened.map_actions == () and mapped.pool.explained == []
    first = opened.maps[0]
    assert first.claim == f"{IMAGE.say(NOT_MEASURED)} · 90 % of it inside the body."
    assert first.warning == "" and first.details == (
        "In 92 of 100 validation images with a known finding the marked tenth held it.",
        "A heatmap shows what this network relies on, not where disease is.",
    )
    assert [(action.title, action.tier) for action in first.actions] == [
        ("Measure", "instant"),
        ("Refine on this image", "standard"),
    ]


def test_measuring_the_mask_readers_map_gives_its_own_figures_and_leaves_the_map(
    mapped: Room,
) -> None:
    mapped.pool.measured["instant"] = {"random_hidden_value": 0.3}
    before = mapped.open().maps[0]
    mapped.explain(before.node, "instant")
    assert works(mapped) == ["Measuring the heatmap of Class finding…"]
    mapped.work()
    assert mapped.pool.tiers == ["instant"], "nothing is refined after it"
    after = mapped.open().maps[0]
    assert (after.id, after.url) == (before.id, before.url) and len(mapped.open().maps) == 6
    assert after.claim.startswith("Affects the model's output: hiding the marked 20 % gives 0.30")
    assert after.warning.startswith("This prediction is fragile: hiding a random 20 %")
    assert "Measure" not in [action.title for action in after.actions]
    (of_class, *_) = mapped.sheet.instant
    assert of_class.measured is not None and of_class.measured.drawn_by == READER


def test_a_searched_heatmap_stands_beside_the_mask_readers(mapped: Room) -> None:
    mapped.pool.measured["draft"] = {"insertion_auc": 0.5}
    mapped.explain().work()
    offers = mapped.maps()
    searched = offers["class:finding"]
    assert any("How often such maps hold a known finding was not" in t for t in searched.details)
    assert "Refine on this image" not in [a.title for a in offers["class:finding@reader"].actions]


def test_without_a_mask_reader_nothing_is_offered_that_is_not_there(read: Room) -> None:
    assert read.open().maps == () and read.open().map_actions


def test_an_image_that_the_model_refused_has_no_map(readers: None, room: Room) -> None:
    room.pool.gate = by_brightness
    room.add(level=10)
    assert room.open().maps == () == room.open(anyway=True).maps


def test_a_heatmap_that_cannot_be_made_says_why(
    read: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **named: object) -> object:
        raise UnusableBundle("The head was altered. Add the model again.")

    monkeypatch.setattr(read.pool, "explain", refuse)
    read.explain().work()
    opened = read.open()
    assert opened.maps == () and opened.work == ()
    assert "Explain class finding" in [action.title for action in opened.map_actions]


def explaining(**changes: Any) -> Job:
    """A job that computes a heatmap."""
    job = Job(
        job_id="1",
        kind="explain",
        state="running",
        case_id="c",
        frame=0,
        model="m",
        node="class:finding",
        tier="standard",
        progress=0.5,
        message="",
        explanation_id=None,
        attempts=1,
        cancel_requested=False,
        seed=0,
        created_at=START,
        started_at=START,
        finished_at=None,
    )
    return replace(job, **changes)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"kind": "predict", "node": None}, "Reading the image…"),
        ({}, "Explaining Class finding…"),
        ({"state": "waiting"}, "Class finding: waiting for the worker…"),
        ({"explanation_id": "e"}, "Class finding: refining…"),
        ({"tier": "instant"}, "Measuring the heatmap of Class finding…"),
        (
            {"kind": "agree", "tier": "instant", "explanation_id": "e"},
            "Class finding: made again, to see whether it marks the same…",
        ),
        ({"cancel_requested": True}, "Class finding: stopping…"),
    ],
)
def test_the_text_over_a_bar_says_what_the_worker_does(
    read: Room, changes: dict[str, Any], text: str
) -> None:
    assert job_text(read.sheet, explaining(**changes)) == text
