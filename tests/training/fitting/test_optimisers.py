import pytest
import torch

from training.fitting.optimisers import Plateau, optimiser, schedule
from training.recipe import load_recipe


def test_rates_fall_on_a_plateau_and_stay_under_constant():
    recipe = load_recipe("folder", ["epochs=9", "warm_epochs=1", "schedule=plateau"])
    weight = torch.nn.ParameterDict({"backbone": torch.nn.Parameter(torch.ones(1))})
    network = torch.nn.ModuleDict({"backbone": weight, "head": torch.nn.Linear(1, 1)})
    optimizer, plateau = optimiser(network, recipe), Plateau()
    rates = schedule(optimizer, recipe, 1, plateau)
    assert [g["lr"] for g in optimizer.param_groups] == [0.0, recipe.lr_new]
    for loss in (1.0, 1.1, 1.2):
        plateau.observe(loss)
    optimizer.step()
    rates.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.3 * recipe.lr_backbone)
    copy = Plateau()
    copy.load_state_dict(plateau.state_dict())
    for p in (plateau, copy):
        p.observe(1.3)
        p.observe(1.4)
    assert copy.factor == plateau.factor < 0.3
    still = load_recipe("folder", ["schedule=constant", "warm_epochs=0"])
    constant = schedule(optimiser(network, still), still, 1, copy)
    assert constant.get_last_lr() == [recipe.lr_backbone, recipe.lr_new]


def test_the_backbone_waits_through_the_warm_epochs_and_a_cosine_ends_at_zero():
    recipe = load_recipe("folder", ["epochs=4", "warm_epochs=1", "schedule=cosine"])
    network = torch.nn.ModuleDict(
        {
            "backbone": torch.nn.ParameterDict({"weight": torch.nn.Parameter(torch.ones(1))}),
            "head": torch.nn.Linear(1, 1),
        }
    )
    optimizer = optimiser(network, recipe)
    rates = schedule(optimizer, recipe, 2, Plateau())
    seen = []
    for _ in range(9):
        seen.append(rates.get_last_lr())
        optimizer.step()
        rates.step()
    backbone = [rate for rate, _ in seen]
    assert backbone[:2] == [0.0, 0.0] and backbone[2] == recipe.lr_backbone
    assert [new for _, new in seen[:3]] == [recipe.lr_new] * 3
    assert backbone[2:] == sorted(backbone[2:], reverse=True)
    assert seen[8] == pytest.approx([0.0, 0.0])
