import math

import torch

from training.fitting.best_epoch import BestEpoch, best_epoch, is_over, validation_score
from training.recipe import load_recipe


def _epoch(number, auroc, log_loss):
    return {"epoch": number, "loss": 1.0, "auroc": auroc, "log_loss": log_loss}


def test_auroc_decides_to_three_digits_and_then_log_loss():
    assert validation_score(0.81, 2.0) > validation_score(0.80, 0.1)
    assert validation_score(0.8001, 0.5) < validation_score(0.8004, 0.4)
    assert validation_score(None, 0.1) < validation_score(0.0, 9.0)


def test_the_weights_of_the_best_epoch_are_kept_and_survive_a_checkpoint():
    network, best = torch.nn.Linear(1, 1, bias=False), BestEpoch()
    for number, area in ((1, 0.6), (2, 0.9), (3, 0.7)):
        with torch.no_grad():
            network.weight.fill_(number)
        best.history.append(_epoch(number, area, 0.5))
        best.observe(network)
    assert best.weights["weight"].item() == 2 == best_epoch(best.history)
    resumed = BestEpoch()
    assert resumed.score == (-math.inf, -math.inf)
    resumed.load_state_dict(best.state_dict())
    resumed.observe(network)  # the latest epoch is not better
    assert resumed.weights["weight"].item() == 2


def _projected(number, auroc, projected=True):
    return _epoch(number, auroc, 0.5) | {"projected": projected}


def test_only_epochs_with_projected_prototypes_are_kept_where_they_are_projected_in_training():
    network, best = torch.nn.Linear(1, 1, bias=False), BestEpoch()
    for number, area, projected in ((1, 0.9, False), (2, 0.7, True), (3, 0.8, False)):
        with torch.no_grad():
            network.weight.fill_(number)
        best.history.append(_projected(number, area, projected))
        best.observe(network)
    assert best.weights["weight"].item() == 2 == best_epoch(best.history)


def test_two_projections_without_gain_end_a_training_and_epochs_between_do_not_count():
    recipe = load_recipe("folder", ["epochs=20", "project_every=2", "patience=1"])
    history = [_projected(1, 0.9, False), _projected(2, 0.7), _projected(3, 0.6, False)]
    assert not is_over(history, recipe)
    history += [_projected(4, 0.6), _projected(5, 0.6, False)]
    assert not is_over(history, recipe)
    history.append(_projected(6, 0.65))
    assert is_over(history, recipe)
    assert not is_over(history, load_recipe("folder", ["project_every=2", "project_patience=0"]))
    assert not is_over([*history, _projected(8, 0.95)], recipe)


def test_patience_counts_epochs_since_the_best_one_but_never_the_warm_ones():
    recipe = load_recipe("folder", ["epochs=20", "warm_epochs=2", "patience=2"])
    history = [_epoch(1, 0.9, 0.1)]
    assert not is_over([], recipe)
    for number in (2, 3):
        history.append(_epoch(number, 0.5, 0.9))
        assert not is_over(history, recipe)
    history.append(_epoch(4, 0.5, 0.9))
    assert is_over(history, recipe)
    assert not is_over(history, load_recipe("folder", ["epochs=20", "patience=0"]))
