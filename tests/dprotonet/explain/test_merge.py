import pytest
import torch

from dprotonet.explain.merge import merged, scaled
from dprotonet.explain.settings import PUBLISHED, MDMSettings


def maps():
    at = torch.linspace(0, 1, 16)
    return torch.stack([at[:, None].expand(16, 16), at[None, :].expand(16, 16)])


def test_a_map_that_is_not_faithful_has_no_say():
    one = merged(maps(), torch.tensor([0.6, -0.4]), MDMSettings())
    torch.testing.assert_close(one.map, maps()[0], atol=1e-5, rtol=0)


def test_the_more_faithful_map_weighs_more():
    both = merged(maps(), torch.tensor([0.9, 0.3]), MDMSettings()).map
    assert both[-1, 0] > both[0, -1] > 0


def test_where_nothing_is_faithful_the_least_bad_map_is_shown():
    one = merged(maps(), torch.tensor([-0.5, -0.1]), MDMSettings())
    torch.testing.assert_close(one.map, maps()[1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("score", [0.0, 5.0])
def test_a_flat_map_is_passed_over_whatever_its_score(score):
    flat = torch.cat([torch.zeros(1, 16, 16), maps()[:1]])
    one = merged(flat, torch.tensor([score, -0.3]), MDMSettings())
    torch.testing.assert_close(one.map, maps()[0], atol=1e-5, rtol=0)


def test_the_vote_adds_the_maps_scaled_alike():
    one = merged(maps() * torch.tensor([1.0, 4.0])[:, None, None], None, PUBLISHED)
    assert one.map[-1, -1] == 1
    assert one.map.min() == 0 and one.map.max() == 1


def test_scaling_keeps_the_raw_range_and_marks_nothing_outside():
    inside = torch.ones(16, 16, dtype=torch.bool)
    inside[0] = False
    one = scaled(maps()[0] * 4 - 1, inside)
    assert one.raw_range == pytest.approx((4 / 15 - 1, 3.0), abs=1e-5)
    assert one.map[0].max() == 0 and one.map[1].min() == 0 and one.map.max() == 1


def test_an_entirely_flat_map_marks_nothing():
    assert scaled(torch.full((8, 8), 3.0)).map.max() == 0
