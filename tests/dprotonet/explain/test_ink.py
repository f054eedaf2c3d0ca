"""Ink without a model is the ink of the library's heatmaps."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dprotonet.explain.ink import inked_array
from dprotonet.explain.masking.heatmap import inked


@settings(max_examples=40, deadline=None)
@given(
    raw=arrays(np.float32, (5, 5), elements=st.integers(-3, 3).map(float)),
    valid=arrays(bool, (5, 5)),
)
def test_it_is_what_the_library_draws_ties_and_padding_as_well(raw, valid):
    expected = inked(torch.from_numpy(raw), torch.from_numpy(valid)).values.numpy()
    ours = inked_array(raw, valid)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, atol=1e-6)
