"""Heatmaps on the review page: a first one, a better one, and what is said of both."""

import json

import pytest

from app.services import jobs, review
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen, bare


def step(image: Screen, workplace: Workplace, pool: FullPool) -> Screen:
    """The worker does one thing, and the page is looked at again."""
    assert queue.run_next(workplace, pool)
    return image.run()


def bars(image: Screen) -> list[str]:
    """Words over the bars of progress."""
    return [bare(bar.proto.text) for bar in image.app.get("progress")]


def maps_in_viewer(image: Screen) -> list[dict[str, str]]:
    """The maps that the viewer is given, each with its words."""
    (viewer,) = image.app.get("bidi_component")
    return list(json.loads(viewer.proto.json)["heatmaps"])


def overlays(image: Screen, workplace: Workplace) -> list[str]:
    """Tier of every map that the page lists."""
    return [one.tier for one in review.open_case(workplace, image.case_id).explanations]


def test_maps_begin_off_and_are_made_only_when_asked_for(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    assert "Heatmaps (0)" in image.text and "Hiding the marked" not in image.text
    assert not queue.run_next(workplace, pool)
    assert pool.tiers == []


def test_a_first_map_is_shown_with_its_faithfulness_and_says_that_a_better_one_comes(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    assert bars(image) == ["Explaining Class finding: waiting for the worker…"]
    step(image, workplace, pool)
    assert "Heatmaps (1)" in image.text
    hidden = "Hiding the marked fifth lowers the probability of finding from 0.80 to 0.30;"
    (drawn,) = maps_in_viewer(image)
    assert drawn["description"].startswith(hidden) and hidden in image.text, (
        "under it and in its tab"
    )
    assert "better than" not in image.text and "green" not in drawn["description"]
    (job,) = review.open_case(workplace, image.case_id).jobs
    assert bars(image) == ["A first map is shown; refining…"]
    image.app.button(key=f"cancel-{job.job_id}").click()
    image.run()
    assert overlays(image, workplace) == ["draft"]
    assert "First map, made in 0.5 s." in image.text
    assert image.buttons("Refine")


def test_the_better_map_takes_the_first_ones_place_and_says_so_in_numbers(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    pool.measured["draft"] = {"hidden_value": 0.5}
    pool.measured["standard"] = {"hidden_value": 0.22, "random_hidden_value": 0.75}
    image.press("Explain")
    step(image, workplace, pool)
    assert "lowers the probability of finding from 0.80 to 0.50" in image.text
    step(image, workplace, pool)
    assert overlays(image, workplace) == ["standard"] and "Heatmaps (1)" in image.text
    assert (
        "Hiding the marked fifth lowers the probability of finding from 0.80 to 0.22; hiding a "
        "random fifth lowers it to 0.75." in image.text
    )
    assert "to 0.50" not in image.text
    assert "Refined map, made in 0.5 s." in image.text
    assert bars(image) == []


def test_a_map_can_be_refined_further_once(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    image.press("Refine further")
    assert bars(image) == ["Refining further…"]
    step(image, workplace, pool)
    assert overlays(image, workplace) == ["full"]
    assert "Fully refined map" in image.text and not image.buttons("Refine")


def test_a_draft_that_was_left_alone_is_refined_on_request(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    step(image, workplace, pool)
    (job,) = review.open_case(workplace, image.case_id).jobs
    jobs.cancel(workplace, job.job_id)
    image.run()
    image.press("Refine")
    step(image, workplace, pool)
    assert overlays(image, workplace) == ["standard"] and pool.tiers == ["draft", "standard"]


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (
            {"centre_insertion_auc": 0.7},
            "This map is no better than a blob in the middle of the image: do not rely on it.",
        ),
        (
            {"random_insertion_auc": 0.9},
            "This map is no better than a random one: do not rely on it.",
        ),
        (
            {"random_insertion_auc": 0.9, "centre_insertion_auc": 0.8},
            "This map is no better than a random one or a blob in the middle of the image: "
            "do not rely on it.",
        ),
    ],
)
def test_a_map_that_is_worth_nothing_says_so_in_a_warning(
    image: Screen, workplace: Workplace, pool: FullPool, measured: dict[str, object], said: str
) -> None:
    pool.measured["standard"] = measured
    image.press("Explain")
    step(image, workplace, pool)
    assert not image.app.warning
    step(image, workplace, pool)
    assert image.warnings == [said]
    (drawn,) = maps_in_viewer(image)
    assert drawn["warning"] == said


def test_of_a_centre_that_was_not_measured_nothing_is_said(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    not_measured = {"centre_insertion_auc": None, "centre_deletion_auc": None}
    pool.measured["standard"] = not_measured
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    assert "Hiding the marked fifth" in image.text and "middle" not in image.text
    assert not image.app.warning


def test_the_map_shown_stays_until_the_next_one_asked_for_is_there(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    image.press("Explain")  # a prototype's, whose button is now the first with this word
    assert "the similarity to p00" not in image.text
    assert image.buttons("Shown")
    step(image, workplace, pool)
    assert "the similarity to p00 from 0.800 to 0.300" in image.text
    assert "Heatmaps (2)" in image.text


def test_a_map_that_cannot_be_made_says_why(
    image: Screen, workplace: Workplace, pool: FullPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dprotonet.errors import UnusableBundle

    def refuse(*args: object, **named: object) -> object:
        raise UnusableBundle("The head was altered. Add the model again.")

    monkeypatch.setattr(pool, "explain", refuse)
    image.press("Explain")
    step(image, workplace, pool)
    assert image.errors == ["The head was altered. Add the model again."]
    assert "Heatmaps (0)" in image.text and image.buttons("Explain")


def peaks(pool: FullPool, **found: tuple[float, float]) -> None:
    """Have the maps of these tiers peak at these places."""
    pool.peaks.update(found)  # type: ignore[arg-type]


def test_a_first_map_that_peaked_elsewhere_stays_at_hand_and_neither_is_settled(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    peaks(pool, draft=(0.2, 0.2), standard=(0.8, 0.7))
    image.press("Explain")
    step(image, workplace, pool)
    assert not image.app.warning
    step(image, workplace, pool)
    assert "Heatmaps (2)" in image.text
    refined, first = maps_in_viewer(image)
    assert (refined["label"], first["label"]) == ("Class finding", "Class finding (first map)")
    assert refined["url"] != first["url"]
    assert "elsewhere than that of the first map: neither is settled" in refined["warning"]
    assert "The refined map has its peak elsewhere: neither is settled" in first["warning"]
    image.app.button(key="show-class:finding@first").click()
    image.run()
    assert "First map, made in 0.5 s." in image.text
    (drawn,) = image.app.get("bidi_component")
    assert json.loads(drawn.proto.json)["requested"] == first["id"]


def test_a_first_map_that_peaked_at_the_same_place_makes_room(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    peaks(pool, draft=(0.5, 0.5), standard=(0.52, 0.5))
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    assert len(maps_in_viewer(image)) == 1 and not image.app.warning


def test_the_words_under_the_overlay_are_those_of_each_map(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    pool.measured["standard"] = {"random_hidden_value": 0.4}
    pool.outside_body = 0.31
    for _ in range(2):
        image.press("Explain")
        step(image, workplace, pool)
        step(image, workplace, pool)
    prototype, of_class = maps_in_viewer(image)
    assert "the similarity to p00 from 0.800 to 0.300" in prototype["description"]
    assert "the probability of finding from 0.80 to 0.30" in of_class["description"]
    assert "31 % of the map lies outside the body." in of_class["description"]
    assert "this network relies on" in of_class["description"]
    assert not prototype["warning"]
    assert of_class["warning"].endswith(
        "from 0.80 to 0.40: this prediction is fragile on this image."
    )
