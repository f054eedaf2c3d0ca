from dataclasses import replace

import pytest
import torch

from dprotonet.modeling.preprocessing import Preprocessing
from tests.training.conftest import SMALL
from tests.training.datasets.tabular.table_files import write_table
from training.data.inputs import (
    CachedInputs,
    EpochBatches,
    LiveInputs,
    class_weights,
    images_a_pass,
)
from training.data.placed_images import place_images
from training.datasets.registry import open_dataset
from training.fitting import networks
from training.recipe import load_recipe


def _live(folder):
    recipe = load_recipe("folder", list(SMALL))
    dataset = open_dataset(recipe, folder)
    preprocessing = Preprocessing(size=recipe.image_size)
    images = place_images(dataset.samples, preprocessing)
    return recipe, dataset, images, LiveInputs(images, preprocessing, recipe)


def test_an_image_is_changed_the_same_way_in_the_same_epoch_and_another_way_in_the_next(
    class_folder,
):
    _, _, _, live = _live(class_folder)
    once, again = live.augmented(torch.tensor([3, 5]), 0), live.augmented(torch.tensor([5, 3]), 0)
    assert torch.equal(once[1], again[0])
    assert not torch.equal(once, live.augmented(torch.tensor([3, 5]), 1))


def test_kept_inputs_are_what_the_frozen_blocks_give(class_folder):
    recipe, dataset, images, live = _live(class_folder)
    model = networks.dprotonet(recipe, dataset.classes, None).network.eval()
    front = networks.front_blocks(model.backbone, 2)
    kept = CachedInputs(live, front, len(images), variants=2)
    rows = torch.tensor([4, 1])
    with torch.inference_mode():
        assert torch.allclose(kept.clean(rows), front(live.clean(rows)), atol=2e-2)
    assert torch.allclose(kept.of(live.clean(rows)), kept.clean(rows), atol=2e-2)
    assert torch.equal(live.of(live.clean(rows)), live.clean(rows))
    displayed = {tuple(kept.augmented(rows, epoch)[0, 0, 0].tolist()) for epoch in range(8)}
    assert len(displayed) == 2


def test_kept_inputs_outlive_the_run_until_weights_or_augmentation_change(class_folder, tmp_path):
    recipe, dataset, images, live = _live(class_folder)
    model = networks.dprotonet(recipe, dataset.classes, None).network.eval()
    front, keep = networks.front_blocks(model.backbone, 2), tmp_path / "kept.safetensors"
    rows = torch.arange(4)
    first = CachedInputs(live, front, len(images), variants=2, keep=keep)
    written = keep.stat().st_mtime_ns
    again = CachedInputs(live, front, len(images), variants=2, keep=keep)
    assert keep.stat().st_mtime_ns == written
    assert torch.equal(first.clean(rows), again.clean(rows))
    assert torch.equal(first.augmented(rows, 3), again.augmented(rows, 3))
    turned = LiveInputs(images, Preprocessing(size=64), replace(recipe, rotate=90.0))
    other = CachedInputs(turned, front, len(images), variants=2, keep=keep)
    assert not torch.equal(first.augmented(rows, 3), other.augmented(rows, 3))
    with torch.no_grad():
        front[0][0].weight.mul_(2.0)
    louder = CachedInputs(turned, front, len(images), variants=2, keep=keep)
    assert not torch.equal(other.clean(rows), louder.clean(rows))


def test_every_pass_is_another_epoch_and_a_later_start_gives_the_same_order(class_folder):
    _, _, images, live = _live(class_folder)
    rows = torch.arange(len(images))
    batches = EpochBatches(live, images.labels, rows, 8, seed=1)
    orders = [torch.cat([labels for _, labels in batches]) for _ in range(3)]
    assert not torch.equal(orders[0], orders[1])
    late = EpochBatches(live, images.labels, rows, 8, seed=1, epoch=2)
    assert torch.equal(orders[2], torch.cat([labels for _, labels in late]))


def test_class_weights_are_one_on_the_average_image():
    labels = torch.tensor([0, 0, 0, 1])
    weights = class_weights(labels, 2)
    assert weights[labels].mean() == 1.0
    assert weights[1] == 3 * weights[0]


@pytest.mark.parametrize(("side", "count"), [(64, 32), (224, 32), (448, 8), (512, 6), (4096, 1)])
def test_as_many_pixels_pass_together_whatever_the_size_of_the_images(side, count):
    assert images_a_pass(side) == count


def test_kept_activations_are_written_batch_by_batch(class_folder, tmp_path, monkeypatch):
    recipe, dataset, images, live = _live(class_folder)
    model = networks.dprotonet(recipe, dataset.classes, None).network.eval()
    front, sizes = networks.front_blocks(model.backbone, 2), []
    front.register_forward_hook(lambda _, inputs, output: sizes.append(len(inputs[0])))
    monkeypatch.setattr(LiveInputs, "images_a_pass", 3)
    kept = CachedInputs(live, front, len(images), 1, keep=tmp_path / "kept.safetensors")
    assert max(sizes) == 3 and sum(sizes) == 1 + 2 * len(images)
    in_memory = CachedInputs(live, front, len(images), 1)
    rows = torch.arange(len(images))
    assert torch.equal(kept.clean(rows), in_memory.clean(rows))
    assert torch.equal(kept.augmented(rows, 0), in_memory.augmented(rows, 0))


def test_rows_of_a_table_are_varied_epoch_by_epoch_and_clean_where_nothing_varies(tmp_path):
    path = write_table(tmp_path / "t.csv", rows=20)
    settings = ["target=kind", "group=patient", "image_size=32", "cpcr_grid=8"]
    rows = torch.tensor([0, 1])
    for noise, is_equal in (("0", True), ("0.3", False)):
        recipe = load_recipe("tabular", [*settings, f"row_noise={noise}"])
        images = place_images(open_dataset(recipe, path).samples, Preprocessing(size=32))
        inputs = LiveInputs(images, Preprocessing(size=32), recipe)
        assert torch.equal(inputs.augmented(rows, 1), inputs.clean(rows)) is is_equal
        assert torch.equal(inputs.augmented(rows, 1), inputs.augmented(rows, 1))
        assert torch.equal(inputs.augmented(rows, 1), inputs.augmented(rows, 2)) is is_equal
