"""The first map: what random masks do to a node."""

import torch

from dprotonet.explain.mdm.initialise import start_attributions
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from tests.dprotonet.explain.toys import SIZE, opened, patch_mask, toy_image

POSITION = (6, 22)
SETTINGS = MDMSettings(start_masks=48, precision="float32")
SQUARES = ClassNode(1)


def start(settings=SETTINGS, positions=(POSITION,), nodes=(SQUARES,), seed=0):
    probes = [opened(toy_image(squares=position), list(nodes), settings) for position in positions]
    return start_attributions(probes, settings, torch.Generator().manual_seed(seed)), probes


def test_the_patch_stands_out():
    (maps,), _ = start()
    assert patch_mask(*POSITION).flatten()[maps[0].argmax()]
    assert abs(maps[0].mean()) < 1e-5 and abs(maps[0].std() - 1) < 1e-5


def test_what_raises_one_class_lowers_the_other():
    (maps,), _ = start(nodes=(ClassNode(0), ClassNode(1)))
    torch.testing.assert_close(maps[0], -maps[1], atol=1e-3, rtol=1e-3)


def test_nodes_share_the_passes():
    _, (one,) = start()
    _, (two,) = start(nodes=(ClassNode(0), ClassNode(1)))
    assert one.work.forward_passes == two.work.forward_passes == SETTINGS.start_masks + 2


def test_an_image_has_the_same_map_alone_and_in_company():
    (alone,), _ = start()
    (first, other), _ = start(positions=(POSITION, (28, 4)))
    torch.testing.assert_close(alone, first)
    assert patch_mask(28, 4).flatten()[other[0].argmax()]


def test_without_masks_the_map_is_even_and_costs_nothing():
    (maps,), (probe,) = start(MDMSettings(start_masks=0, precision="float32"))
    assert maps.shape == (1, SIZE, SIZE) and not maps.any()
    assert probe.work.forward_passes == 2


def test_a_fill_with_one_mask_alone_says_nothing():
    (maps,), _ = start(MDMSettings(start_masks=3, precision="float32"))
    assert not maps.any()
