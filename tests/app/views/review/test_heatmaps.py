"""Heatmaps on the review page: a first one, a better one, and the text about both."""

from __future__ import annotations

import json

import pytest

from app.services import jobs, review
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen, bare


def step(image: Screen, workplace: Workplace, pool: FullPool) -> Screen:
    """The worker does one piece of work, and the page reruns."""
    assert queue.run_next(workplace, pool)
    return image.run()


def bars(image: Screen) -> list[str]:
    """The texts above the progress bars."""
    return [bare(bar.proto.text) for bar in image.app.get("progress")]


def heatmaps_in_viewer(image: Screen) -> list[dict[str, str]]:
    """The heatmaps that the viewer gets, each with its text."""
    (viewer,) = image.components
    return list(json.loads(viewer.proto.json)["heatmaps"])


def tiers(image: Screen, workplace: Workplace) -> list[str]:
    """Tier of every heatmap that the page lists."""
    return [
        explanation.tier for explanation in review.open_case(workplace, image.case_id).explanations
    ]


def test_heatmaps_begin_switched_off_and_are_made_only_on_request(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    assert "Heatmaps (0)" in image.text and "Hiding the marked" not in image.text
    assert not queue.run_next(workplace, pool)
    assert pool.tiers == []


def test_a_first_heatmap_is_shown_with_its_faithfulness_while_a_better_one_is_made(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    assert bars(image) == ["Explaining Class finding: waiting for the worker…"]
    step(image, workplace, pool)
    assert "Heatmaps (1)" in image.text
    hidden = (
        "Hiding the marked 20 % of the image lowers the probability of finding from 0.80 to 0.30;"
    )
    (overlay,) = heatmaps_in_viewer(image)
    assert overlay["description"].startswith(hidden) and hidden in image.text, (
        "under it and in its tab"
    )
    assert "better than" not in image.text and "green" not in overlay["description"]
    (job,) = review.open_case(workplace, image.case_id).jobs
    assert bars(image) == ["Showing the first heatmap; refining…"]
    image.app.button(key=f"cancel-{job.job_id}").click()
    image.run()
    assert tiers(image, workplace) == ["draft"]
    assert "First heatmap, drawn by a search on this image in 0.5 s." in image.text
    assert image.buttons("Refine")


def test_the_better_heatmap_replaces_the_first_one_with_its_own_figures(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    pool.measured["draft"] = {"hidden_value": 0.5}
    pool.measured["standard"] = {"hidden_value": 0.22, "random_hidden_value": 0.75}
    image.press("Explain")
    step(image, workplace, pool)
    assert "lowers the probability of finding from 0.80 to 0.50" in image.text
    step(image, workplace, pool)
    assert tiers(image, workplace) == ["standard"] and "Heatmaps (1)" in image.text
    assert (
        "Hiding the marked 20 % of the image lowers the probability of finding from 0.80 to 0.22; "
        "hiding a random 20 % lowers it to 0.75." in image.text
    )
    assert "to 0.50" not in image.text
    assert "Refined heatmap, drawn by a search on this image in 0.5 s." in image.text
    assert bars(image) == []


def test_a_heatmap_can_be_refined_further_once(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    image.press("Refine further")
    assert bars(image) == ["Refining further…"]
    step(image, workplace, pool)
    assert tiers(image, workplace) == ["full"]
    assert "Fully refined heatmap" in image.text and not image.buttons("Refine")


def test_a_first_heatmap_whose_refinement_was_cancelled_is_refined_on_request(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    step(image, workplace, pool)
    (job,) = review.open_case(workplace, image.case_id).jobs
    jobs.cancel(workplace, job.job_id)
    image.run()
    image.press("Refine")
    step(image, workplace, pool)
    assert tiers(image, workplace) == ["standard"] and pool.tiers == ["draft", "standard"]


@pytest.mark.parametrize(
    ("measured", "warning"),
    [
        (
            {"centre_insertion_auc": 0.7},
            "This heatmap is no better than a centred Gaussian. Do not rely on it.",
        ),
        (
            {"random_insertion_auc": 0.9},
            "This heatmap is no better than a random one. Do not rely on it.",
        ),
        (
            {"random_insertion_auc": 0.9, "centre_insertion_auc": 0.8},
            "This heatmap is no better than a random one or a centred Gaussian. Do not rely on it.",
        ),
    ],
)
def test_a_heatmap_that_is_no_better_than_a_control_has_a_warning(
    image: Screen, workplace: Workplace, pool: FullPool, measured: dict[str, object], warning: str
) -> None:
    pool.measured["standard"] = measured
    image.press("Explain")
    step(image, workplace, pool)
    assert not image.app.warning
    step(image, workplace, pool)
    assert image.warnings == [warning]
    (overlay,) = heatmaps_in_viewer(image)
    assert overlay["warning"] == warning


def test_a_centred_gaussian_that_was_not_measured_is_not_mentioned(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    not_measured = {"centre_insertion_auc": None, "centre_deletion_auc": None}
    pool.measured["standard"] = not_measured
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    assert (
        "Hiding the marked 20 % of the image" in image.text and "centred Gaussian" not in image.text
    )
    assert not image.app.warning


def test_the_selected_heatmap_stays_until_the_next_requested_one_is_ready(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    image.press("Explain")  # a prototype's, whose button is now the first with this word
    assert "the similarity to p01" not in image.text
    assert image.buttons("Shown")
    step(image, workplace, pool)
    assert "the similarity to p01 from 0.800 to 0.300" in image.text
    assert "Heatmaps (2)" in image.text


def peaks(pool: FullPool, **positions: tuple[float, float]) -> None:
    """Let the heatmaps of these tiers peak at these positions."""
    pool.peaks.update(positions)  # type: ignore[arg-type]


def test_a_first_heatmap_that_peaked_elsewhere_stays_and_neither_peak_is_called_reliable(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    peaks(pool, draft=(0.2, 0.2), standard=(0.8, 0.7))
    image.press("Explain")
    step(image, workplace, pool)
    assert not image.app.warning
    step(image, workplace, pool)
    assert "Heatmaps (2)" in image.text
    refined, first = heatmaps_in_viewer(image)
    assert (refined["label"], first["label"]) == ("Class finding", "Class finding (first heatmap)")
    assert refined["url"] != first["url"]
    assert "The first heatmap peaks elsewhere. Neither peak is reliable" in refined["warning"]
    assert "The refined heatmap peaks elsewhere. Neither peak is reliable" in first["warning"]
    image.app.button(key="show-class:finding@first").click()
    image.run()
    assert "First heatmap, drawn by a search on this image in 0.5 s." in image.text
    (overlay,) = image.components
    assert json.loads(overlay.proto.json)["requested"] == first["id"]


def test_a_first_heatmap_that_peaked_at_the_same_place_is_replaced(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    peaks(pool, draft=(0.5, 0.5), standard=(0.52, 0.5))
    image.press("Explain")
    step(image, workplace, pool)
    step(image, workplace, pool)
    assert len(heatmaps_in_viewer(image)) == 1 and not image.app.warning


def test_the_text_under_the_overlay_is_that_of_each_heatmap(
    image: Screen, workplace: Workplace, pool: FullPool
) -> None:
    pool.measured["standard"] = {"random_hidden_value": 0.4}
    pool.outside_body = 0.31
    for _ in range(2):
        image.press("Explain")
        step(image, workplace, pool)
        step(image, workplace, pool)
    prototype, of_class = heatmaps_in_viewer(image)
    assert "the similarity to p01 from 0.800 to 0.300" in prototype["description"]
    assert "the probability of finding from 0.80 to 0.30" in of_class["description"]
    assert "31 % of the heatmap lies outside the body." in of_class["description"]
    assert "this network relies on" in of_class["description"]
    assert not prototype["warning"]
    assert of_class["warning"].endswith("changes the probability of finding from 0.80 to 0.40.")
