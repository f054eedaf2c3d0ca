import torch

from dprotonet.preprocessing import Preprocessing
from tests.training.conftest import SMALL
from training import networks
from training.datasets.opening import open_dataset
from training.engine import Stage, fit
from training.films import place_films
from training.inputs import LiveInputs
from training.recipe import load_recipe


def _stage(folder, settings, **changes):
    recipe = load_recipe("folder", [*SMALL, "variants=0", "averaging=0.9", *settings])
    dataset = open_dataset(recipe, folder)
    preprocessing = Preprocessing(size=recipe.image_size)
    films = place_films(dataset.samples, preprocessing)
    inputs = LiveInputs(films, preprocessing, recipe)
    rows = torch.arange(len(films))
    stage = Stage(inputs, films.labels, rows[::2], rows[1::2], **changes)
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
