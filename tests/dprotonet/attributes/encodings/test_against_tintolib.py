"""Drawings beside TINTOlib's own pictures of the same rows."""

import importlib.util
import os

import numpy as np
import pytest
from PIL import Image

from dprotonet.attributes.encodings.drawing import enlarged
from dprotonet.attributes.encodings.registry import DRAWN
from tests.tools import assert_passes_with

has_tintolib = importlib.util.find_spec("TINTOlib") is not None
# Of the rows of zeros and of ones FeatureWrap takes its scale; TINTOlib cannot draw their
# differences.
ROWS = np.vstack([np.zeros((1, 10)), np.ones((1, 10)), np.random.default_rng(0).random((4, 10))])
OPTIONS = {
    "bargraph": ("barGraph", "BarGraph", {"pixel_width": 6}),
    "distancematrix": ("distanceMatrix", "DistanceMatrix", {}),
    "combination": ("combination", "Combination", {}),
    "featurewrap": ("featureWrap", "FeatureWrap", {"size": (4, 4)}),
    "bie": ("bie", "BIE", {}),
}

if not has_tintolib:

    def test_tintolib_draws_in_an_environment_of_its_own():
        assert_passes_with("encodings", __file__, "by_tintolib")


def drawn_by_tintolib(name, folder):
    """``(6, R, C, 3)`` of the rows."""
    import pandas as pd

    os.environ.setdefault("MPLBACKEND", "Agg")
    module, method, options = OPTIONS[name]
    maker = getattr(importlib.import_module(f"TINTOlib.{module}"), method)
    frame = pd.DataFrame(ROWS, columns=[f"a{i}" for i in range(10)]).assign(target=0)
    maker(transformer=None, **options).fit_transform(frame, str(folder))
    return np.stack(
        [np.asarray(Image.open(file).convert("RGB")) for file in sorted(folder.glob("00/*.png"))]
    )


@pytest.mark.skipif(not has_tintolib, reason="in the environment of the test above")
@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.parametrize("name", OPTIONS)
def test_a_row_looks_as_it_is_drawn_by_tintolib(name, tmp_path):
    encoding = DRAWN[name](10)
    drawn = drawn_by_tintolib(name, tmp_path)
    if name == "bie":
        drawn = drawn.repeat(encoding.rows_each, axis=1)
    assert len(drawn) == 6
    for row, picture in list(zip(ROWS, drawn, strict=True))[2:]:
        ours = encoding.pixels(row.tolist()).astype(int)
        assert np.abs(ours - enlarged(picture, 64)).max() <= 1  # it cuts what is rounded here
        assert ours.max() > 0
