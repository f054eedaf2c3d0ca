"""A heatmap made again, and how much of what it marks is the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.errors import Cancelled
from dprotonet.explain.agreement import agreement, marked_overlap
from dprotonet.explain.explanation import Agreement
from dprotonet.explain.masking.masks import smooth_noise
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode, VectorNode
from dprotonet.explain.settings import TIERS
from tests.dprotonet.read_bundle import make_read_bundle
from tests.dprotonet.tiny_bundle import SIZE, network_input, tiny_images

NODE = ClassNode(1, "finding")
READ = TIERS["instant"]
SEARCHED = replace(READ, reader=False)
AREA = 0.2


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_read_bundle(tmp_path_factory.mktemp("bundle") / "b", pictures=False).model


@pytest.fixture(scope="module")
def x():
    return network_input(tiny_images(2, 1))[1]


def made(model, x, settings, node=NODE):
    return MDM(model, settings).attribute(x, node)[0].cpu().numpy()


def test_equal_heatmaps_agree_wholly_and_those_that_mark_other_places_not_at_all():
    ramp = torch.arange(SIZE * SIZE, dtype=torch.float32).reshape(SIZE, SIZE)
    assert marked_overlap(torch.stack([ramp, 2 * ramp + 1]), AREA) == 1.0
    assert marked_overlap(torch.stack([ramp, -ramp]), AREA) == 0.0
    assert marked_overlap(torch.stack([ramp, ramp, -ramp]), AREA) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="two heatmaps"):
        marked_overlap(ramp[None], AREA)


def test_regions_at_random_overlap_by_what_their_size_says_and_padding_is_never_marked():
    chance = torch.rand(6, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    assert marked_overlap(chance, AREA) == pytest.approx(AREA / (2 - AREA), abs=0.01)
    valid_mask = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    valid_mask[: SIZE // 2] = True
    inside = torch.where(valid_mask, chance[:1], torch.rand(2, SIZE, SIZE) + 2)
    assert marked_overlap(inside, AREA, valid_mask) == 1.0


def test_a_search_is_made_again_under_other_draws(model, x):
    result = agreement(model, x, NODE, made(model, x, SEARCHED), settings=SEARCHED, again=1)
    other = MDM(model, SEARCHED, draw=1).attribute(x, NODE)[0]
    own = torch.from_numpy(made(model, x, SEARCHED))
    expected = marked_overlap(torch.stack([own, other.cpu()]), AREA)
    assert result == Agreement(pytest.approx(expected), "draws", 2, AREA)
    assert result.text == f"agreement over draws {expected:.2f}"


def test_a_mask_reader_s_own_map_is_made_again_of_the_image_moved_by_a_cell(model, x):
    result = agreement(model, x, NODE, made(model, x, READ), settings=READ)
    assert (result.over, result.heatmaps) == ("views", 3) and 0 < result.overlap <= 1
    # An image of one grey is the same wherever it is moved; its map lies where its cells do.
    flat = torch.zeros_like(x)
    moved = agreement(model, flat, NODE, made(model, flat, READ), settings=READ)
    assert moved.overlap < 1
    vector = VectorNode(0, "p00")  # no reader marks it, so it is searched
    assert (
        agreement(model, x, vector, made(model, x, READ, vector), settings=READ, again=1).over
        == "draws"
    )


def test_a_refined_map_is_made_again_of_the_moved_image_too(model, x):
    # Its steps draw no more than fills: under other draws alone it would always be nearly the same.
    refined = replace(READ, reader_views=2, refine_steps=1)
    seen = []
    result = agreement(
        model, x, NODE, made(model, x, refined), settings=refined, again=1, progress=seen.append
    )
    assert (result.over, result.heatmaps) == ("views", 2) and 0 < result.overlap <= 1
    assert seen == sorted(seen) and seen[-1] == 1


def test_smooth_heatmaps_at_random_overlap_by_chance_and_are_far_below_what_counts_as_agreeing():
    chance = smooth_noise(90, 56, torch.Generator().manual_seed(0)).reshape(30, 3, 56, 56)
    overlaps = [marked_overlap(three, AREA) for three in chance]
    assert np.mean(overlaps) == pytest.approx(Agreement(1, "draws", 3, AREA).chance, abs=0.02)
    assert max(overlaps) < 0.25, "so none of 30 comes near a third"
    assert all(Agreement(one, "draws", 3, AREA).is_low for one in overlaps)


def test_it_stops_when_it_is_cancelled(model, x):
    with pytest.raises(Cancelled):
        agreement(
            model,
            x,
            NODE,
            np.zeros((SIZE, SIZE), np.float32),
            settings=SEARCHED,
            cancelled=lambda: True,
        )
