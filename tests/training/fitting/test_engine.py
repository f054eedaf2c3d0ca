import dataclasses

import pytest
import torch

from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from tests.training.conftest import PLAIN, SMALL
from training.data.inputs import EpochBatches, LiveInputs
from training.data.placed_images import place_images
from training.datasets.registry import open_dataset
from training.fitting import networks
from training.fitting.best_epoch import best_epoch
from training.fitting.engine import Stage, fit
from training.recipe import load_recipe


def _stage(folder, settings, **changes):
    """A small network and a phase of two batches, with as many images for validation."""
    recipe = load_recipe("folder", [*SMALL, "variants=0", "averaging=0.9", *settings])
    dataset = open_dataset(recipe, folder)
    preprocessing = Preprocessing(size=recipe.image_size)
    images = place_images(dataset.samples, preprocessing)
    inputs = LiveInputs(images, preprocessing, recipe)
    rows = torch.arange(len(images))
    stage = Stage(inputs, images.labels, rows[::4], rows[2::4], **changes)
    return recipe, networks.dprotonet(recipe, dataset.classes, None), stage


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(class_folder, tmp_path):
    recipe, whole, stage = _stage(class_folder, [], out=tmp_path / "whole")
    history = fit(whole, stage, recipe)
    recipe, killed, stage = _stage(class_folder, [], out=tmp_path / "two", stop_after=1)
    assert len(fit(killed, stage, recipe)) == 1
    recipe, resumed, stage = _stage(class_folder, [], out=tmp_path / "two", resume=True)
    assert fit(resumed, stage, recipe) == history
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


def test_the_best_epoch_on_validation_is_kept_and_scalars_are_written(class_folder, tmp_path):
    recipe, trainee, stage = _stage(class_folder, [], out=tmp_path)
    history = fit(trainee, stage, recipe)
    assert [e["epoch"] for e in history] == [1, 2, 3]
    assert list(tmp_path.glob("events.out.tfevents*"))


def test_frozen_batch_statistics_do_not_move(class_folder):
    recipe, trainee, stage = _stage(class_folder, ["batch_norm=frozen", "epochs=2"])
    before = {
        k: v.clone() for k, v in trainee.network.state_dict().items() if k.endswith("running_mean")
    }
    fit(trainee, stage, recipe)
    after = trainee.network.state_dict()
    assert before
    assert all(torch.equal(v, after[k]) for k, v in before.items())


@pytest.mark.parametrize(
    "settings", [["schedule=plateau"], ["sampler=balanced"], ["accumulate=2"], ["amp=bfloat16"]]
)
def test_every_way_of_training_resumes_bit_for_bit(class_folder, tmp_path, settings):
    settings = [*settings, "epochs=3", "lr_new=0.03"]
    recipe, whole, stage = _stage(class_folder, settings, out=tmp_path / "whole")
    history = fit(whole, stage, recipe)
    recipe, killed, stage = _stage(class_folder, settings, out=tmp_path / "two", stop_after=2)
    fit(killed, stage, recipe)
    recipe, resumed, stage = _stage(class_folder, settings, out=tmp_path / "two", resume=True)
    assert fit(resumed, stage, recipe) == history
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


def test_two_accumulated_batches_are_one_of_twice_the_size(class_folder):
    common = ["batch_norm=frozen", "class_balance=false", "epochs=2", "averaging=0"]
    common += ["schedule=constant"]  # rates are set by batch, and there are twice as many
    common += PLAIN
    trained = []
    for settings in (["batch_size=8"], ["batch_size=4", "accumulate=2"]):
        recipe, trainee, stage = _stage(class_folder, [*common, *settings])
        fit(trainee, dataclasses.replace(stage, train=torch.arange(0, 32, 2)), recipe)
        trained.append(trainee.network.state_dict())
    first, second = trained
    start = _stage(class_folder, common)[1].network.state_dict()
    moved = torch.cat([(first[k] - start[k]).flatten() for k in first if k.endswith("weight")])
    apart = torch.cat([(first[k] - second[k]).flatten() for k in first if k.endswith("weight")])
    assert moved.norm() > 0
    assert apart.norm() < 0.02 * moved.norm()


def test_training_stops_after_so_many_epochs_without_a_better_one(class_folder, tmp_path):
    settings = ["epochs=30", "patience=2", "lr_new=0", "lr_backbone=0", "head_lr=0"]
    recipe, trainee, stage = _stage(class_folder, settings, out=tmp_path)
    history = fit(trainee, stage, recipe)
    last = max(best_epoch(history), recipe.warm_epochs) + 2
    assert [e["epoch"] for e in history] == list(range(1, last + 1))
    recipe, again, stage = _stage(class_folder, settings, out=tmp_path, resume=True)
    assert fit(again, stage, recipe) == history  # over is over


def test_a_balanced_sampler_draws_rare_classes_as_often():
    labels = torch.tensor([0] * 190 + [1] * 10)
    inputs = type("Inputs", (), {"augmented": lambda self, rows, epoch: rows})()
    batches = EpochBatches(inputs, labels, torch.arange(200), 20, seed=0, balanced=True)
    drawn = torch.cat([result for _, result in batches])
    assert 70 < int(drawn.sum()) < 130
    again = EpochBatches(inputs, labels, torch.arange(200), 20, seed=0, balanced=True)
    assert torch.equal(torch.cat([result for _, result in again]), drawn)


def test_float16_is_refused_on_a_cpu(class_folder):
    recipe, trainee, stage = _stage(class_folder, ["amp=float16"])
    with pytest.raises(ReadableError, match="amp=bfloat16"):
        fit(trainee, stage, recipe)


def test_between_estimates_no_step_moves_the_prototypes(class_folder):
    before, after = [], []

    def estimate():
        prototypes = trainee.network.prototypes
        before.append(prototypes.detach().clone())
        with torch.no_grad():
            prototypes.add_(1.0)
        after.append(prototypes.detach().clone())

    settings = ["epochs=5", "update_every=1", "schedule=constant", "lr_new=0.03"]
    recipe, trainee, stage = _stage(class_folder, settings, estimate=estimate)
    start = trainee.network.prototypes.detach().clone()
    add_on = trainee.network.add_on[0].weight.detach().clone()
    fit(trainee, stage, recipe)
    assert len(before) == 3  # after the joint epochs 1 to 3; the update follows the fourth
    assert not torch.equal(before[0], start)  # the warm epoch moved them
    assert torch.equal(before[1], after[0]) and torch.equal(before[2], after[1])
    assert not torch.equal(trainee.network.add_on[0].weight, add_on)


def test_without_estimates_steps_move_the_prototypes_to_the_end(class_folder):
    calls = []
    settings = ["epochs=3", "update_every=0"]
    recipe, trainee, stage = _stage(class_folder, settings, estimate=lambda: calls.append(1))
    fit(trainee, stage, recipe)
    assert calls == []
