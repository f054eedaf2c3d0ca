from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.errors import ReadableError
from tests.training.conftest import SMALL
from training.data.finding_masks import FindingMasks
from training.data.inputs import CachedInputs, EpochBatches, LiveInputs, derived_seed
from training.data.placed_images import PlacedImages
from training.data.transforms import augmentation, augmented_copy, augmented_masks
from training.datasets.samples import Box, Dataset, Sample
from training.recipe import load_recipe

SIDE = 64
# Only the place changes, so that a bright finding shows where the copy has it.
MOVED = ("rotate=25", "shift=0.15", "zoom=0.2", "flip=true", "brightness=0", "contrast=0")


class _Image:
    shape, pixel_aspect = (SIDE, SIDE), 1.0


class _Drawn(Sample):
    def load(self):
        return _Image()


def _mask():
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[10:22, 36:58] = True
    return mask


def _images(samples, labels):
    pixels = torch.zeros(len(samples), 1, SIDE, SIDE, dtype=torch.uint8)
    for image, sample in zip(pixels, samples, strict=True):
        for box in sample.boxes:
            x, y = int(box.x), int(box.y)
            image[0, y : y + int(box.height), x : x + int(box.width)] = 255
        if sample.mask is not None:
            image[0][torch.from_numpy(sample.mask())] = 255
    return PlacedImages(pixels, labels, tuple(samples), ("0" * 64,) * len(samples))


@pytest.fixture
def one_label():
    samples = [
        _Drawn("none", None, "a", 0, boxes=(Box(0, 0, 8, 8),)),  # of the negative class: no finding
        _Drawn("box", None, "b", 1, boxes=(Box(8, 40, 12, 14),)),
        _Drawn("mask", None, "c", 1, mask=_mask),
        _Drawn("plain", None, "d", 1),
    ]
    labels = torch.tensor([0, 1, 1, 1])
    return _images(samples, labels), Dataset("set", ("none", "finding"), "none", tuple(samples))


def _recipe(*settings):
    return load_recipe("folder", [*SMALL, *MOVED, *settings])


@pytest.mark.parametrize("seed", range(8))
def test_a_mask_moves_as_the_very_copy_of_its_image(seed):
    transform = augmentation(_recipe())
    mask = torch.from_numpy(_mask())
    image = (mask[None] * 255).to(torch.uint8)
    copy = augmented_copy(transform, image, seed)[0] > 0.5
    moved = augmented_masks(transform, mask[None], seed)[0]
    assert set(moved.unique().tolist()) <= {0.0, 1.0}
    both, either = (copy & (moved > 0)).sum(), (copy | (moved > 0)).sum()
    assert both / either > 0.85
    assert both / (copy | mask).sum() < 0.85  # it did move


def test_images_without_a_finding_are_not_annotated(one_label):
    images, dataset = one_label
    findings = FindingMasks(images, dataset, _recipe())
    rows = torch.arange(4)
    targets = findings.targets(images.labels, rows, [0] * 4)
    assert targets.annotated.tolist() == [[False, False]] + [[False, True]] * 2 + [[False, False]]
    assert targets.findings.shape == (4, 2, 2, 2) and targets.findings.dtype == torch.uint8
    assert findings.fraction(rows) == 0.5
    assert findings.fraction(torch.tensor([0, 3])) == 0.0


@pytest.mark.parametrize("variants", [0, 2])
def test_batches_hand_out_findings_of_the_copies_that_they_hand_out(one_label, variants):
    from dprotonet.modeling.preprocessing import Preprocessing

    images, dataset = one_label
    recipe = _recipe(f"variants={variants}", "frozen_blocks=2")
    live = LiveInputs(images, Preprocessing(size=SIDE), recipe)
    inputs = CachedInputs(live, torch.nn.Identity(), 4, variants) if variants else live
    findings = FindingMasks(images, dataset, recipe)
    rows = torch.tensor([1, 2])
    batches = EpochBatches(inputs, images.labels, rows, 2, seed=0, findings=findings)
    for _ in range(4):
        (copies, targets), *_ = list(batches)
        bright = copies[:, 0] > 0.0  # normalised: black lies below, white above
        cells = torch.nn.functional.adaptive_max_pool2d(bright.float(), 2).bool()
        assert (cells == targets.findings[:, 1].bool()).float().mean() >= 0.75
        assert targets.labels.tolist() == [1, 1]
        inside = torch.nn.functional.interpolate(targets.findings[:, 1:].float(), SIDE)[:, 0] > 0
        assert (bright & inside).sum() / bright.sum() > 0.97


def test_a_cell_counts_by_how_much_of_it_a_finding_covers():
    samples = [_Drawn("a", None, "a", 1, boxes=(Box(0, 0, 40, 32),))]
    labels = torch.tensor([1])
    dataset = Dataset("set", ("none", "finding"), "none", tuple(samples))
    still = ("rotate=0", "shift=0", "zoom=0", "flip=false")
    findings = FindingMasks(_images(samples, labels), dataset, _recipe(*still))
    cells = findings.targets(labels, torch.tensor([0]), [0]).findings[0, 1]
    assert cells.tolist() == [[255, 64], [0, 0]]


def test_boxes_of_a_multi_label_image_go_to_the_class_of_their_name():
    samples = [
        _Drawn("a", None, "a", -1, boxes=(Box(0, 0, 16, 16, "Mass"),), labels=(0, 1)),
        _Drawn("b", None, "b", -1, boxes=(Box(0, 0, 16, 16, "Other"),), labels=(1,)),
    ]
    labels = torch.tensor([[True, True], [False, True]])
    dataset = Dataset("set", ("effusion", "mass"), None, tuple(samples))
    findings = FindingMasks(_images(samples, labels), dataset, _recipe())
    targets = findings.targets(labels, torch.arange(2), [0, 0])
    assert targets.annotated.tolist() == [[False, True], [False, False]]


def _radiograph():
    """Bright in the middle, dark beside it."""
    pixels = torch.full((1, SIDE, SIDE), 10, dtype=torch.uint8)
    pixels[:, 8:56, 14:48] = 200
    return pixels


def test_the_body_stands_for_a_finding_where_an_image_has_none(one_label):
    images, dataset = one_label
    pixels = torch.stack([_radiograph(), *images.pixels[1:3], _radiograph()])
    images = replace(images, pixels=pixels)
    findings = FindingMasks(images, dataset, _recipe("attention_region=both"))
    rows = torch.tensor([0, 1, 3])
    targets = findings.targets(images.labels[rows], rows, [0] * 3)
    assert targets.annotated.tolist() == [[True, False], [False, True], [False, True]]
    only = FindingMasks(images, dataset, _recipe()).targets(images.labels[rows], rows, [0] * 3)
    assert torch.equal(targets.findings[1], only.findings[1])  # a box comes before the body
    assert not only.annotated[[0, 2]].any()
    assert findings.fraction(rows) == pytest.approx(1 / 3)  # of boxes and masks
    body = FindingMasks(images, dataset, _recipe("attention_region=body"))
    assert body.fraction(rows) == 0.0
    assert body.targets(images.labels[rows], rows, [0] * 3).annotated.tolist() == [
        [True, False],
        [False, False],  # its picture is no radiograph
        [False, True],
    ]


def test_bodies_move_with_their_copies_and_leave_the_air_out(one_label):
    images, dataset = one_label
    images = replace(images, pixels=torch.stack([_radiograph()] * 4))
    recipe = _recipe("attention_region=body", "image_size=64")
    findings = FindingMasks(images, dataset, replace(recipe, stride=16))
    empty = []
    for number in range(6):
        targets = findings.targets(images.labels[:1], torch.tensor([0]), [number])
        cells = targets.findings[0, 0].bool()
        seed = derived_seed(recipe.seed, number, 0)
        copy = augmented_copy(augmentation(recipe), images.pixels[0], seed)
        bright = torch.nn.functional.adaptive_max_pool2d((copy > 0.5).float(), 4)[0] > 0
        assert (cells == bright).float().mean() >= 0.75
        empty.append(int((~cells).sum()))
    assert sum(empty) > 6 and len(set(empty)) > 1


def test_a_multi_label_image_looks_at_the_body_for_the_classes_it_has():
    samples = [_Drawn("a", None, "a", -1, boxes=(Box(0, 0, 16, 16, "Mass"),), labels=(0, 1))]
    labels = torch.tensor([[True, True, False]])
    dataset = Dataset("set", ("effusion", "mass", "nodule"), None, tuple(samples))
    images = replace(_images(samples, labels), pixels=_radiograph()[None])
    targets = FindingMasks(images, dataset, _recipe("attention_region=both")).targets(
        labels, torch.tensor([0]), [0]
    )
    assert targets.annotated.tolist() == [[True, True, False]]
    assert not torch.equal(targets.findings[0, 0], targets.findings[0, 1])


def test_attention_without_any_box_is_refused(one_label):
    images, dataset = one_label
    plain = tuple(replace(s, boxes=(), mask=None) for s in images.samples)
    with pytest.raises(ReadableError, match="--set attention=0"):
        FindingMasks(replace(images, samples=plain), dataset, _recipe())
