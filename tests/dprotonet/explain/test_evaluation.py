"""Measuring the heatmaps of a method."""

import torch

from dprotonet.explain.evaluation import evaluate, planned_passes
from dprotonet.explain.masking.heatmap import Heatmap
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from tests.dprotonet.explain.toys import opened, patch_mask, toy_image

SETTINGS = MDMSettings(precision="float32", faithfulness_steps=4, faithfulness_area=0.15)
NODES = [ClassNode(1, "squares"), ClassNode(0, "none")]
RIGHT = Heatmap(patch_mask(6, 22).float(), (-2.0, 5.0), stop_reason="steps")
WRONG = Heatmap(patch_mask(28, 0).float(), (0.0, 1.0))


def test_each_heatmap_is_measured_for_its_own_node_and_keeps_what_is_known_of_it():
    probe = opened(toy_image(squares=(6, 22)), NODES, SETTINGS)
    right, wrong = evaluate(probe, [RIGHT, WRONG], SETTINGS, seed=3, method="gradcam")
    assert (right.node, wrong.node) == ("class:squares", "class:none")
    assert (right.raw_range, right.stop_reason, wrong.stop_reason) == ((-2.0, 5.0), "steps", "done")
    assert (right.method, right.seed, right.nodes_in_call) == ("gradcam", 3, 2)
    assert right.settings_digest == SETTINGS.digest
    assert torch.equal(right.heatmap, RIGHT.values)
    assert right.value_before == float(probe.before[0])
    assert right.faithfulness.hidden_value < 0.5 < right.faithfulness.kept_value
    assert right.faithfulness.beats_random and right.faithfulness.area == 0.15


def test_measuring_takes_the_planned_passes_and_tells_them_apart():
    probe = opened(toy_image(squares=(6, 22)), NODES, SETTINGS)
    before = probe.work.forward_passes
    result = evaluate(probe, [RIGHT, WRONG], SETTINGS, seed=0, method="gradcam")[0]
    assert result.measuring_passes == result.passes_forward - before
    assert result.passes_forward == planned_passes(SETTINGS, 2)  # the image and its fill among them
    assert 0 < result.measuring_seconds <= result.seconds


def test_the_controls_depend_on_the_seed_and_the_heatmaps_figures_do_not():
    measured = [
        evaluate(
            opened(toy_image(squares=(6, 22)), NODES, SETTINGS),
            [RIGHT, WRONG],
            SETTINGS,
            seed=seed,
            method="gradcam",
        )[0].faithfulness
        for seed in (0, 1)
    ]
    assert measured[0].insertion == measured[1].insertion
    assert measured[0].random_insertion_auc != measured[1].random_insertion_auc
