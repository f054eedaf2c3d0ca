"""A first map from random masks."""

from dataclasses import replace

import pytest
import torch

from dprotonet.explain import ClassNode, MDMSettings
from dprotonet.explain.exploring import explore, planned_passes
from dprotonet.explain.method import open_probe
from tests.dprotonet.explain.toys import PatchClassifier, film, overlap, patch_mask

SLOPES = MDMSettings(value_masks=0, slope_masks=12, precision="float32")
VALUES = MDMSettings(value_masks=120, slope_masks=0, precision="float32")
BOTH = replace(SLOPES, value_masks=120)


def opened(settings, x=None, classes=(1,)):
    return open_probe(
        PatchClassifier(),
        film(squares=(6, 22)) if x is None else x,
        [ClassNode(k) for k in classes],
        settings,
        inside=None,
        temperature=1.0,
        generator=torch.Generator().manual_seed(0),
        progress=None,
        cancelled=None,
    )


def explored(probe, settings, seed=0):
    with torch.enable_grad():
        (maps,) = explore([probe], settings, torch.Generator().manual_seed(seed))
    return maps


@pytest.mark.parametrize("settings", [SLOPES, VALUES, BOTH])
def test_slopes_values_and_both_lie_over_the_patch(settings):
    (found,) = explored(opened(settings), settings)
    assert overlap(found, patch_mask(6, 22)) >= 0.4
    assert float(found.mean()) == pytest.approx(0, abs=1e-4)
    assert float(found.std()) == pytest.approx(1, abs=1e-3)


def test_the_more_faithful_of_slopes_and_values_counts_more():
    settings = replace(BOTH, value_masks=2)  # two masks say little by their values
    probe = opened(settings)
    both, slopes = explored(probe, settings)[0], explored(probe, SLOPES)[0]
    alike = torch.corrcoef(torch.stack([both.flatten(), slopes.flatten()]))[0, 1]
    assert alike > 0.8


def test_without_masks_there_is_an_even_map():
    settings = replace(SLOPES, slope_masks=0)
    assert explored(opened(settings), settings).abs().max() == 0


@pytest.mark.parametrize("settings", [SLOPES, VALUES, BOTH])
def test_passes_are_counted_as_planned(settings):
    probe = opened(settings, classes=(0, 1))
    before = probe.forward_passes, probe.backward_passes
    explored(probe, settings)
    spent = probe.forward_passes - before[0], probe.backward_passes - before[1]
    assert spent == planned_passes(settings, 2)
