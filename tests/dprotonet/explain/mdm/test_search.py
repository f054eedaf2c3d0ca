"""The search: which shares it takes, and how a grid moves."""

import torch

from dprotonet.explain.mdm.search import Subject, fractions_at
from dprotonet.explain.settings import MDMSettings


def test_every_step_takes_one_share_of_each_part_and_no_two_steps_the_same():
    settings = MDMSettings(areas=(0.1, 0.9), areas_per_step=4)
    taken = torch.stack([fractions_at(step, settings) for step in range(12)])
    assert ((taken - 0.1) / 0.2 // 1 == torch.arange(4)).all()
    # Over the steps a part is filled evenly: no gap is much wider than a twelfth of it.
    gaps = taken[:, 0].sort().values.diff()
    assert gaps.min() > 0 and gaps.max() < 0.2 / 12 * 2


def test_a_grid_moves_by_its_gradients_direction_whatever_its_size():
    def moved(scale):
        grid = torch.zeros(1, 2, 2).requires_grad_(True)
        one = Subject(None, 0, torch.zeros(4, 4), [grid], [torch.zeros(1, 2, 2)], [])
        grid.grad = scale * torch.tensor([[[3.0, -4.0], [0.0, 0.0]]])
        one.move(step_size=2.0, momentum=0.5)
        return grid.detach()

    small, large = moved(1e-12), moved(1e6)
    torch.testing.assert_close(small, large)
    assert small[0, 0, 0] < 0 < small[0, 0, 1]  # down the gradient
    assert (small[0, 1] == 0).all()  # what matters not, stays
    assert small.square().mean().sqrt() == torch.tensor(2.0)


def test_a_step_carries_a_share_of_those_before():
    grid = torch.zeros(1, 1, 1).requires_grad_(True)
    one = Subject(None, 0, torch.zeros(4, 4), [grid], [torch.zeros(1, 1, 1)], [])
    for _ in range(2):
        grid.grad = torch.ones(1, 1, 1)
        one.move(step_size=2.0, momentum=0.5)
    assert grid.item() == -5.0
