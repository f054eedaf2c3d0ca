import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.evidence.places import place_figures, top_membership

SIDE = 40
WHOLE = np.ones((SIDE, SIDE), dtype=bool)
EVIDENCE = np.zeros((SIDE, SIDE), dtype=bool)
EVIDENCE[:8, :10] = True  # a twentieth of the image, in its first rows


@settings(max_examples=30, deadline=None)
@given(
    levels=st.integers(1, 5),
    fraction=st.floats(0.001, 1),
    left=st.integers(0, 30),
    seed=st.integers(0, 99),
)
def test_as_many_pixels_are_chosen_as_the_fraction_says_and_none_of_the_padding(
    levels, fraction, left, seed
):
    valid_mask = WHOLE.copy()
    valid_mask[:, :left] = False
    heatmap = np.random.default_rng(seed).integers(0, levels, (SIDE, SIDE)).astype(np.float32)
    members = top_membership(heatmap, valid_mask, fraction)
    assert members.sum() == pytest.approx(max(1, round(fraction * valid_mask.sum())))
    assert members.min() >= 0 and members.max() <= 1 and not members[~valid_mask].any()
    # A higher pixel is never less probable than a lower one.
    values, order = heatmap[valid_mask], np.argsort(heatmap[valid_mask], kind="stable")
    assert (np.diff(members[valid_mask][order])[np.diff(values[order]) > 0] >= 0).all()


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_flat_map_gets_what_chance_gives(value):
    figures = place_figures(np.full((SIDE, SIDE), value, np.float32), EVIDENCE, WHOLE)
    recalls = [figures[f"recall_{top}"] for top in (2, 5, 10)]
    assert recalls == pytest.approx([0.02, 0.05, 0.10])
    assert figures["peak_inside"] == pytest.approx(0.05) == figures["energy"]
    assert 0.05 < figures["peak_near"] < 1 and figures["hit_10"] == 0


def test_a_map_that_is_even_beside_a_wrong_mark_finds_no_more_than_chance():
    heatmap = np.zeros((SIDE, SIDE), np.float32)
    heatmap[30:, 30:] = 1  # a sixteenth
    figures = place_figures(heatmap, EVIDENCE, WHOLE)
    assert figures["recall_5"] == 0
    assert figures["recall_10"] == pytest.approx((160 - 100) / (1600 - 100))
    assert (figures["peak_inside"], figures["energy"]) == (0, 0)


def test_a_map_that_is_the_evidence_finds_all_of_it_in_as_many_pixels():
    figures = place_figures(EVIDENCE.astype(np.float32), EVIDENCE, WHOLE)
    assert figures["recall_2"] == pytest.approx(32 / 80)
    assert (figures["recall_5"], figures["recall_10"], figures["hit_10"]) == (1, 1, 1)
    assert (figures["peak_inside"], figures["peak_near"], figures["energy"]) == (1, 1, 1)


def test_the_fraction_of_several_equal_peaks_counts():
    heatmap = np.zeros((SIDE, SIDE), np.float32)
    heatmap[2, 2] = heatmap[8, 12] = heatmap[39, 39] = heatmap[39, 38] = 1
    figures = place_figures(heatmap, EVIDENCE, WHOLE)
    assert (figures["peak_inside"], figures["peak_near"]) == (0.25, 0.5)


def test_padding_counts_nowhere():
    valid_mask = WHOLE.copy()
    valid_mask[20:] = False
    heatmap = np.zeros((SIDE, SIDE), np.float32)
    heatmap[:8, :10], heatmap[20:] = 0.5, 1.0
    evidence = EVIDENCE.copy()
    evidence[20:] = True
    figures = place_figures(heatmap, evidence, valid_mask)
    assert (figures["recall_10"], figures["peak_inside"], figures["energy"]) == (1, 1, 1)
