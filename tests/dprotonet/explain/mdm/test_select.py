"""Which blend of start and learned map is shown."""

import torch

from dprotonet.explain.masking.masks import standardised
from dprotonet.explain.mdm.select import most_faithful, planned_passes
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from tests.dprotonet.explain.toys import opened, patch_mask, toy_image

SETTINGS = MDMSettings(precision="float32")
SQUARES = ClassNode(1)
RIGHT, WRONG = (standardised(patch_mask(*at).float()[None]) for at in ((6, 22), (28, 0)))


def chosen(starts, learned, settings=SETTINGS, nodes=(SQUARES,)):
    probe = opened(toy_image(squares=(6, 22)), list(nodes), settings)
    before = probe.work.forward_passes
    result = most_faithful(probe, starts, learned, settings)
    return result, probe.work.forward_passes - before


def test_a_search_that_ran_away_is_not_followed():
    result, _ = chosen(RIGHT, WRONG)
    torch.testing.assert_close(result, RIGHT)


def test_a_search_that_found_more_is():
    result, _ = chosen(WRONG, RIGHT)
    torch.testing.assert_close(result, RIGHT)


def test_each_node_has_its_own():
    nodes = (ClassNode(1), ClassNode(0))  # the second falls where the first is kept up
    starts, learned = torch.cat([RIGHT, RIGHT]), torch.cat([WRONG, WRONG])
    result, passes = chosen(starts, learned, nodes=nodes)
    torch.testing.assert_close(result[0], RIGHT[0])
    torch.testing.assert_close(result[1], WRONG[0])
    assert passes == planned_passes(SETTINGS, 2) == 2 * 2 * 3 * 2 * 3


def test_one_blend_alone_is_taken_without_measuring():
    for share, wanted in ((0.0, RIGHT), (1.0, WRONG)):
        settings = MDMSettings(blends=(share,))
        result, passes = chosen(RIGHT, WRONG, settings)
        torch.testing.assert_close(result, wanted)
        assert passes == planned_passes(settings, 1) == 0


def test_without_a_start_the_learned_map_is_taken():
    settings = MDMSettings(start_masks=0)
    result, passes = chosen(torch.zeros_like(WRONG), WRONG, settings)
    assert result is WRONG and passes == planned_passes(settings, 1) == 0


def test_a_start_that_says_nothing_never_wins():
    result, _ = chosen(torch.zeros_like(WRONG), WRONG)
    torch.testing.assert_close(result, WRONG)
