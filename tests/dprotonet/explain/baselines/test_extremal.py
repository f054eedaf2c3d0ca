"""Extremal perturbation."""

import pytest

from dprotonet.explain.baselines import extremal
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.nodes import ClassNode
from tests.dprotonet.explain.toys import (
    QUICK,
    PatchClassifier,
    toy_image,
)

pytestmark = pytest.mark.usefixtures("processor")


def test_extremal_masks_keep_about_the_areas_they_were_asked_for():
    (result,) = METHODS["extremal"](
        PatchClassifier(), toy_image(squares=(6, 22)), [ClassNode(1)], settings=QUICK
    )
    low, high = result.raw_range
    mean = float(result.heatmap.mean()) * (high - low) + low
    assert mean == pytest.approx(sum(extremal.AREAS), abs=0.2)
