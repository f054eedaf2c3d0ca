"""The pictures of a report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.services import explanations, review
from app.services.inference import queue
from app.services.report import pictures
from app.services.room import map_offers
from app.services.uploading import intake
from app.services.workplace import Workplace
from dprotonet.images.reader import read_image
from dprotonet.prototypes.own_map import OwnMap
from tests.app.services.workplaces import FakePool, png


def test_pixels_become_square_and_a_large_image_small() -> None:
    image = read_image(png(1, side=30))
    assert pictures.shown(image).shape == (30, 32)
    assert pictures.shown(replace(image, aspect_ratio=2.0)).shape == (60, 32)
    large = read_image(png(1, side=2 * pictures.LONGEST))
    assert max(pictures.shown(large).shape) == pictures.LONGEST


def test_inverted_images_are_shown_as_on_the_screen() -> None:
    image = read_image(png(1))
    turned = pictures.shown(replace(image, inverted=True))
    assert np.abs(turned.astype(int) + pictures.shown(image) - 255).max() <= 1


def test_a_heatmap_covers_where_it_is_high_and_leaves_the_rest() -> None:
    grey = np.full((20, 20), 100, np.uint8)
    heatmap = np.zeros((20, 20), np.uint8)
    heatmap[:, 10:] = 255
    over = pictures.laid_over(grey, heatmap)
    assert (over[:, :8] == 100).all() and not (over[:, 12:] == 100).all(axis=2).any()


def test_the_bar_goes_from_dark_below_to_bright_above() -> None:
    light = pictures.colour_bar().astype(int).sum(axis=2)[:, 0]
    assert light[0] == light.max() and light[-1] == light.min()


def test_a_computed_heatmap_goes_before_the_readers_own(
    workplace: Workplace, pool: FakePool, readers: None
) -> None:
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)

    def chosen() -> pictures.ShownHeatmap | None:
        sheet = review.open_case(workplace, case_id)
        return pictures.chosen_heatmap(workplace, sheet, map_offers.offers(sheet), None)

    before = chosen()
    assert before is not None and before.offer.id == "class:finding@reader"
    assert before.settings_digest == "" and before.colours == "inferno"
    explanations.request(workplace, case_id, node="class:finding", tier="standard")
    queue.run_pending(workplace, pool)
    after = chosen()
    assert after is not None and after.offer.node == "class:finding" and after.settings_digest


def test_a_computed_heatmap_that_is_no_more_reliable_leaves_the_place_to_the_readers_own(
    workplace: Workplace, pool: FakePool, readers: None
) -> None:
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    for tier in ("instant", "standard"):
        explanations.request(workplace, case_id, node="class:finding", tier=tier)  # type: ignore[arg-type]
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    offers = map_offers.offers(sheet)
    chosen = pictures.chosen_heatmap(workplace, sheet, offers, None)
    assert chosen is not None and chosen.offer.id == "class:finding@reader"
    assert "agreement over views 0.72" in chosen.offer.claim, "which the report prints"
    asked = pictures.chosen_heatmap(workplace, sheet, offers, "class:finding")
    assert asked is not None and asked.offer.id == "class:finding"


def test_a_match_is_pictured_where_its_map_was_kept(workplace: Workplace, pool: FakePool) -> None:
    image = read_image(png(1))
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    match = review.open_case(workplace, case_id).matches[0].match
    assert pictures.match_picture(image, match) is None
    corner = OwnMap.of(np.array([[1.0, 0.0], [0.0, 0.0]]))
    picture = pictures.match_picture(image, replace(match, own_map=corner))
    assert picture is not None and picture.shape == (pictures.SIDE, pictures.SIDE, 3)


def test_a_source_image_is_pictured_where_the_bundle_has_it(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    row = sheet.matches[0]
    model, name = sheet.model or "", row.match.prototype
    picture = pictures.source_picture(workplace, model, name, row.sources[0])
    assert picture is not None and picture.shape == (pictures.SIDE, pictures.SIDE, 3)
    absent = replace(row.sources[0], number=99, has_picture=False)
    assert pictures.source_picture(workplace, model, name, absent) is None
