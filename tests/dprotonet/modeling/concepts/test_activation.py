import pytest
import torch

from dprotonet.modeling.concepts.activation import activation, places
from dprotonet.modeling.concepts.options import MODES


@pytest.mark.parametrize("mode", MODES)
def test_the_weights_of_the_cells_are_the_derivative(mode):
    torch.manual_seed(0)
    maps = torch.randn(2, 3, 7, 7, dtype=torch.float64)
    weights = places(maps, mode)
    assert torch.allclose((weights * maps).sum(dim=(2, 3)), activation(maps, mode))
    assert torch.allclose(weights.sum(dim=(2, 3)), torch.ones(2, 3, dtype=torch.float64))
    assert (weights >= 0).all()


def test_each_mode_says_what_its_name_says():
    maps = torch.tensor([[-1.0, 2.0], [4.0, -3.0]])[None, None]
    said = {mode: float(activation(maps, mode)) for mode in MODES}
    assert said == {"mean": 0.5, "max": 4.0, "positive_mean": 3.0, "max_pool": 4.0}


def test_the_highest_of_each_three_by_three_cells_counts_those_at_the_edge_too():
    maps = torch.zeros(1, 1, 7, 7)
    maps[0, 0, 0, 0] = maps[0, 0, 6, 6] = 9.0
    assert float(activation(maps)) == pytest.approx(2.0)  # two of nine windows


def test_where_nothing_is_positive_no_cell_counts():
    assert float(activation(-torch.ones(1, 1, 4, 4), "positive_mean")) == 0.0
    assert places(-torch.ones(1, 1, 4, 4), "positive_mean").sum() == 0.0
