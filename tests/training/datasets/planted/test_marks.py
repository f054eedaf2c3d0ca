from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.planted.marks import MarkKind, draw_mark

KINDS = get_args(MarkKind)
SHAPE = (120, 160)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_is_the_same_each_time_and_elsewhere_on_every_image(kind):
    first, again, other = (draw_mark(kind, 3, name, SHAPE) for name in ("a", "a", "b"))
    assert np.array_equal(first.ink, again.ink) and np.array_equal(first.shade, again.shade)
    assert not np.array_equal(first.mask, other.mask)


@pytest.mark.parametrize("kind", KINDS)
def test_marks_are_small_of_several_sizes_and_have_dark_and_bright(kind):
    drawings = [draw_mark(kind, 3, str(i), SHAPE) for i in range(30)]
    areas = [drawing.mask.mean() for drawing in drawings]
    assert min(areas) > 0.002 and max(areas) < 0.1
    assert max(areas) > 2 * min(areas)
    for drawing in drawings:
        whole = drawing.ink == 1
        assert drawing.shade[whole].min() == 0 and drawing.shade[whole].max() == 1


@pytest.mark.parametrize("kind", ["patch", "token", "text"])
def test_marks_lie_in_every_part_of_the_images(kind):
    union = sum(draw_mark(kind, 3, str(i), SHAPE).mask for i in range(150))
    rows, columns = SHAPE[0] // 2, SHAPE[1] // 2
    quarters = [union[r : r + rows, c : c + columns] for r in (0, rows) for c in (0, columns)]
    assert min(part.sum() for part in quarters) > 0.1 * union.sum()


def test_a_border_lies_along_edges_and_reaches_every_one():
    masks = [draw_mark("border", 3, str(i), SHAPE).mask for i in range(40)]
    inner = np.s_[12:-12, 12:-12]
    assert not any(mask[inner].any() for mask in masks)
    union = np.logical_or.reduce(masks)
    assert all(edge.mean() > 0.9 for edge in (union[0], union[-1], union[:, 0], union[:, -1]))


def test_another_seed_gives_a_mark_of_another_form():
    def form(seed):
        ink = draw_mark("text", seed, "a", SHAPE).shade
        return ink[np.ix_(ink.any(axis=1), ink.any(axis=0))]

    assert len({form(seed).shape for seed in range(5)}) > 1


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.integers(0, 2**31),
    st.text(max_size=8),
    st.tuples(st.integers(8, 90), st.integers(8, 90)),
)
def test_every_image_gets_a_mark_inside_of_it(kind, seed, sample_id, shape):
    drawing = draw_mark(kind, seed, sample_id, shape)
    assert drawing.ink.shape == drawing.shade.shape == shape
    assert drawing.mask.any()
    for values in (drawing.ink, drawing.shade):
        assert values.dtype == np.float32 and values.min() >= 0 and values.max() <= 1
