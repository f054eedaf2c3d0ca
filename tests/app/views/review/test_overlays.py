"""What the viewer gets of a model with a mask reader: maps at once, off until asked for."""

from __future__ import annotations

import json

import pytest

from app.services import review
from app.services.inference import queue
from app.services.workplace import Workplace
from dprotonet.explain.explanation import READER
from tests.app.services.workplaces import by_brightness, png
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen

IN_THE_PASS = "Drawn by the model's mask reader in the pass that predicts"
KNOWN = "In 92 of 100 validation images with a known finding the marked tenth held it."


def viewer(screen: Screen) -> dict:
    (part,) = screen.components
    return dict(json.loads(part.proto.json))


@pytest.fixture
def read(readers: None, image: Screen) -> Screen:
    """A bright image of a model with a mask reader, predicted and open."""
    return image


def test_every_class_and_prototype_has_its_map_with_the_prediction(
    read: Screen, workplace: Workplace, pool: FullPool
) -> None:
    given = viewer(read)
    labels = [overlay["label"] for overlay in given["heatmaps"]]
    assert labels[:2] == ["Class finding · mask reader", "Class none · mask reader"]
    assert set(labels[2:]) == {f"Prototype p0{n} · mask reader" for n in range(4)}
    assert given["requested"] is None, "off until asked for"
    assert len({overlay["url"] for overlay in given["heatmaps"]}) == 6
    assert not read.buttons("Explain") and "Heatmaps (6)" in read.text
    assert not queue.run_next(workplace, pool) and pool.explained == []


def test_its_text_says_what_it_is_and_what_is_known_of_such_maps(read: Screen) -> None:
    first = viewer(read)["heatmaps"][0]
    assert first["description"] == (
        f"{IN_THE_PASS}, not measured for this image. 10 % of the heatmap lies outside the body. "
        f"{KNOWN} A heatmap shows what this network relies on, not where disease is."
    )
    assert first["warning"] == ""


def test_showing_one_asks_the_worker_for_nothing(
    read: Screen, workplace: Workplace, pool: FullPool
) -> None:
    read.app.button(key="explain-p01").click()
    read.run()
    assert viewer(read)["requested"] == "prototype:p01@reader"
    assert "Requested heatmap: Prototype p01 · mask reader" in read.text.replace("**", "")
    assert not queue.run_next(workplace, pool)


def test_measuring_it_gives_its_own_figures_and_leaves_the_map(
    read: Screen, workplace: Workplace, pool: FullPool
) -> None:
    pool.measured["instant"] = {"random_hidden_value": 0.3}
    before = viewer(read)["heatmaps"][0]["url"]
    read.press("Show heatmap").press("Measure")
    assert queue.run_next(workplace, pool) and pool.tiers == ["instant"]
    assert not queue.run_next(workplace, pool), "nothing is refined after it"
    read.run()
    first = viewer(read)["heatmaps"][0]
    assert first["url"] == before and viewer(read)["requested"] == "class:finding@reader"
    assert first["description"].startswith(f"{IN_THE_PASS}. Hiding the marked 20 %")
    assert first["warning"] == (
        "This prediction is fragile: hiding a random 20 % of the image changes the probability of "
        "finding from 0.80 to 0.30."
    )
    assert not read.buttons("Measure") and "Heatmaps (6)" in read.text
    (sheet_map, *_) = review.open_case(workplace, read.case_id).instant
    assert sheet_map.measured is not None and sheet_map.measured.drawn_by == READER


def test_a_searched_heatmap_stands_beside_it_and_says_what_it_is(
    read: Screen, workplace: Workplace, pool: FullPool
) -> None:
    read.press("Refine on this image")
    while queue.run_next(workplace, pool):
        pass
    read.run()
    searched = viewer(read)["heatmaps"][-1]
    assert (searched["id"], searched["label"]) == ("class:finding", "Class finding")
    assert "How often such maps hold a known finding was not measured" in searched["description"]
    assert viewer(read)["requested"] == "class:finding" and "Heatmaps (7)" in read.text
    assert "Refined heatmap, drawn by a search on this image in 0.5 s." in read.text


def test_without_a_mask_reader_nothing_is_offered_that_is_not_there(image: Screen) -> None:
    assert viewer(image)["heatmaps"] == [] and image.buttons("Explain")
    assert "mask reader" not in image.text and not image.buttons("Measure")


def test_an_image_that_the_model_refused_has_no_map(
    readers: None, screen: Screen, workplace: Workplace, pool: FullPool
) -> None:
    pool.gate = by_brightness
    screen.upload(("dark.png", png(level=10)))
    queue.run_pending(workplace, pool)
    screen.run()
    assert viewer(screen)["heatmaps"] == []
    screen.press("Show what the network computed anyway")
    assert viewer(screen)["heatmaps"] == [] and "mask reader" not in screen.text
