import math
from dataclasses import fields, replace
from typing import ClassVar

import pytest
import torch

from dprotonet.explain.reader.images import ReaderImages
from dprotonet.explain.reader.state import ReaderTraining, open_training
from dprotonet.explain.reader.step import drawn_fractions, drawn_nodes, masked_gaps, step_loss
from tests.dprotonet.explain.reader.planted import QUICK, TextureClassifier, planted
from tests.dprotonet.explain.toys import PatchPrototypes, patch_mask


@pytest.fixture(scope="module")
def images():
    return planted(8, seed=4)


@pytest.fixture(scope="module")
def training(images):
    rows = torch.arange(8)
    pixels = images[0]
    bodies = torch.ones(8, *pixels.shape[-2:], dtype=torch.bool)
    given = ReaderImages(lambda r: pixels[r], rows, rows, None, bodies)
    return open_training(TextureClassifier("squares"), given, QUICK, 0)


def generator():
    return torch.Generator().manual_seed(0)


def test_small_fractions_are_drawn_as_often_as_large_ones():
    draw = generator()
    fractions = torch.cat([drawn_fractions(6, (0.01, 0.5), draw) for _ in range(40)])
    assert 0.01 <= float(fractions.min()) < 0.012 and 0.45 < float(fractions.max()) <= 0.5
    middle = math.sqrt(0.01 * 0.5)
    assert 0.45 < float((fractions < middle).float().mean()) < 0.55


def test_classes_and_prototypes_take_turns():
    rows = torch.arange(4)
    pixels = planted(4, seed=4)[0]
    given = ReaderImages(lambda r: pixels[r], rows, rows)
    both = open_training(PatchPrototypes(), given, QUICK, 0)
    values = both.values(pixels)
    nodes = [drawn_nodes(both, values, step, generator()) for step in (0, 1)]
    assert [(n >= both.classes).tolist() for n in nodes] == [[0, 1, 0, 1], [1, 0, 1, 0]]


def test_without_prototypes_all_nodes_are_classes_and_mostly_the_leading_one(training, images):
    values = training.values(images[0])
    draw = generator()
    nodes = torch.cat([drawn_nodes(training, values, step, draw) for step in range(40)])
    assert set(nodes.tolist()) == {0, 1}
    leading = values.argmax(dim=1).repeat(40)
    assert 0.75 < float((nodes == leading).float().mean()) < 0.95


def test_a_mask_on_the_evidence_has_a_wide_gap_and_one_beside_it_has_none(training, images):
    pixels, places = images
    fills = torch.zeros_like(pixels)
    nodes = torch.ones(8, dtype=torch.int64)
    before = training.values(pixels)[:, 1]
    right, wrong = (
        torch.stack([patch_mask(*place[kind]).float() for place in places])
        for kind in ("squares", "rows")
    )
    with torch.no_grad():
        on = masked_gaps(training, pixels, fills, right, before, nodes)
        beside = masked_gaps(training, pixels, fills, wrong, before, nodes)
    assert float(on.min()) > float(beside.max())
    assert float(on.mean()) > 1


def test_the_loss_reaches_the_reader_and_nothing_else(training):
    loss = step_loss(training, torch.arange(4), 1, generator())
    loss.backward()
    assert any(bool(p.grad.any()) for p in training.reader.parameters() if p.grad is not None)
    assert all(p.grad is None for p in training.frozen.exact.parameters())


def test_what_is_drawn_follows_the_generator(training):
    one, again = (float(step_loss(training, torch.arange(4), 1, generator())) for _ in range(2))
    assert one == again


class Recording(ReaderTraining):
    """Keeps what the reader is shown."""

    seen: ClassVar[list[torch.Tensor]] = []

    def read(self, images):
        self.seen.append(images)
        return super().read(images)


def test_what_is_read_may_come_from_a_file_and_what_is_hidden_is_the_image(images):
    pixels, rows = images[0], torch.arange(8)
    settings = replace(QUICK, jpeg=1.0, noise=0.0, shift=0, steady=1.0)
    given = ReaderImages(lambda r: pixels[r], rows, rows)
    opened = open_training(TextureClassifier("squares"), given, settings, 0)
    training = Recording(**{field.name: getattr(opened, field.name) for field in fields(opened)})
    step_loss(training, rows[:2], 0, generator())
    through_file, again = Recording.seen
    assert torch.equal(again, pixels[:2])
    difference = (through_file - again).abs()
    assert 0 < float(difference.mean()) < 0.7 * float(again.std())
