from __future__ import annotations

import numpy as np
import pytest

from training.datasets.phantom.generator import render
from training.datasets.phantom.parameters import FINDINGS, Shortcut, draw_facts

SHAPE = (160, 134)


@pytest.fixture(scope="module")
def clear_and_found():
    """Images of a few seeds: the clear one, and one for each finding."""
    return {
        seed: {finding: render(draw_facts(seed, finding, shape=SHAPE)) for finding in FINDINGS}
        for seed in (3, 4, 5)
    }


def test_the_same_seed_gives_the_same_pixels(clear_and_found):
    again = render(draw_facts(3, "nodule", shape=SHAPE))
    first = clear_and_found[3]["nodule"]
    assert np.array_equal(again.pixels, first.pixels)
    assert again.facts == first.facts
    assert all(np.array_equal(again.masks[name], first.masks[name]) for name in first.masks)


def test_another_seed_gives_another_image(clear_and_found):
    difference = clear_and_found[3]["none"].pixels != clear_and_found[4]["none"].pixels
    assert difference.mean() > 0.9


def test_an_image_spans_its_range_with_bone_white_and_air_black(clear_and_found):
    for images in clear_and_found.values():
        image = images["none"]
        assert image.pixels.dtype == np.uint16 and image.pixels.shape == SHAPE
        lung = image.pixels[image.masks["lung"]].mean()
        belly = image.pixels[-8:, SHAPE[1] // 2 - 10 : SHAPE[1] // 2 + 10].mean()
        assert belly > 1.3 * lung
        assert image.pixels.min() < 9000 and image.pixels.max() > 45000


@pytest.mark.parametrize("finding", [f for f in FINDINGS if f != "none"])
def test_a_finding_changes_the_image_inside_its_mask(clear_and_found, finding):
    for images in clear_and_found.values():
        clear = images["none"].pixels.astype(float)
        change = images[finding].pixels.astype(float) - clear
        mask = images[finding].masks["finding"]
        assert mask.any()
        assert change[mask].mean() > 0  # whiter
        share = np.abs(change)[_grown(mask, 6)].sum() / np.abs(change).sum()
        assert share > 0.9


def test_masks_of_findings_lie_in_the_lungs(clear_and_found):
    for images in clear_and_found.values():
        for finding in FINDINGS:
            mask, lung = images[finding].masks["finding"], images[finding].masks["lung"]
            assert (mask & ~lung).sum() <= 0.05 * mask.sum()
        assert not images["none"].masks["finding"].any()


def test_a_finding_changes_nothing_else_on_the_image(clear_and_found):
    for images in clear_and_found.values():
        letters = images["none"].masks["marker"]
        for finding in FINDINGS:
            assert np.array_equal(images[finding].masks["marker"], letters)
            assert np.array_equal(images[finding].masks["lung"], images["none"].masks["lung"])
            assert images[finding].facts.devices == images["none"].facts.devices


def test_images_of_one_patient_share_their_bones_but_not_their_pose():
    first = render(draw_facts(11, shape=SHAPE, patient_seed=5, view="PA", devices=()))
    second = render(draw_facts(12, shape=SHAPE, patient_seed=5, view="PA", devices=()))
    assert (first.facts.sex, first.facts.habitus) == (second.facts.sex, second.facts.habitus)
    assert not np.array_equal(first.masks["lung"], second.masks["lung"])


def test_the_heart_is_thrown_larger_from_the_front():
    sizes = {}
    for view in ("PA", "AP"):
        image = render(draw_facts(21, shape=(200, 200), view=view, devices=()))
        clear = image.masks["lung"]
        sizes[view] = image.spacing_mm, clear.sum() * image.spacing_mm**2
    # A portable image is taken in less deep breath: less of the lungs is seen.
    assert sizes["AP"][1] < sizes["PA"][1]


def test_devices_brighten_the_image_where_they_lie():
    bare = render(draw_facts(31, shape=SHAPE, view="AP", devices=())).pixels.astype(float)
    paced = render(draw_facts(31, shape=SHAPE, view="AP", devices=("pacemaker",))).pixels.astype(
        float
    )
    upper = (paced - bare)[: SHAPE[0] // 2]
    assert upper.max() > 8000


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_a_shortcut_puts_its_token_where_its_mask_says(probability):
    shortcut = Shortcut("nodule", probability=probability, elsewhere=0.0)
    plain = render(draw_facts(41, "nodule", shape=SHAPE))
    marked = render(draw_facts(41, "nodule", shape=SHAPE, shortcut=shortcut))
    changed = plain.pixels != marked.pixels
    assert marked.facts.shortcut_token == bool(probability)
    assert not (changed & ~marked.masks["token"]).any()
    if probability:
        assert changed.sum() > 0.5 * marked.masks["token"].sum() > 0
    else:
        assert not marked.masks["token"].any()


def test_a_harder_image_has_a_fainter_finding():
    clear = render(draw_facts(51, shape=SHAPE)).pixels.astype(float)
    faint, plain = (
        np.abs(render(draw_facts(51, "nodule", shape=SHAPE, difficulty=d)).pixels - clear).sum()
        for d in (1.6, 0.4)
    )
    assert faint < 0.8 * plain


def _grown(mask, by):
    """The mask and ``by`` pixels around it."""
    padded = np.pad(mask, by)
    grown = np.zeros_like(mask)
    rows, columns = mask.shape
    for row in range(2 * by + 1):
        for column in range(2 * by + 1):
            grown |= padded[row : row + rows, column : column + columns]
    return grown
