"""The search as it was published."""

import pytest
import torch

from dprotonet.explain.baselines.published_mdm import PublishedMDM
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode
from tests.dprotonet.explain.toys import (
    QUICK,
    SIZE,
    PatchClassifier,
    overlap,
    patch_mask,
    toy_image,
)

pytestmark = pytest.mark.usefixtures("processor")


def test_the_published_search_lies_over_the_patch_and_is_measured_like_every_other():
    x, node = toy_image(squares=(6, 22)), [ClassNode(1)]
    (result,) = METHODS["mdm-published"](PatchClassifier(), x, node, settings=QUICK, seed=3)
    (centre,) = METHODS["centre"](PatchClassifier(), x, node, settings=QUICK, seed=3)
    assert overlap(torch.from_numpy(result.heatmap), patch_mask(6, 22)) >= 0.5
    assert result.faithfulness.fill == "blur"  # the caller's; it searches under the mean
    assert result.value_before == centre.value_before  # a probability; it searches by logits
    assert result.faithfulness.random_insertion_auc == centre.faithfulness.random_insertion_auc
    forward, backward = PublishedMDM(PatchClassifier()).passes(SIZE, 1)
    assert result.passes_forward == forward + centre.passes_forward
    assert result.passes_backward == backward > 0
    assert result.measuring_passes == centre.measuring_passes
