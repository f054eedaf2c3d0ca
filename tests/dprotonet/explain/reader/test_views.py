from dataclasses import replace

import torch

from dprotonet.explain.method import open_probe
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.reader.views import MOVES, mean_latent
from dprotonet.explain.settings import MOST_VIEWS, MDMSettings
from dprotonet.modeling.reader.mask_reader import build_reader
from tests.dprotonet.explain.reader.planted import planted


def latent(model, reader, image, views):
    probe = open_probe(
        model,
        image,
        [ClassNode(1)],
        MDMSettings(precision="float32"),
        generator=torch.Generator().manual_seed(0),
        watch=reader.stage_names,
    )
    return mean_latent(probe, reader, views), probe.work.forward_passes


def test_every_move_is_another_and_the_first_is_none():
    assert MOVES[0] == (0, 0)
    assert len(set(MOVES)) == len(MOVES) == MOST_VIEWS


def test_views_are_moved_back_before_they_are_averaged(squares):
    model, trained = squares
    image = planted(1, seed=7)[0][0]
    alone, passes = latent(model, trained.reader, image, 1)
    mean, more = latent(model, trained.reader, image, MOST_VIEWS)
    assert mean.shape == alone.shape and more == passes + MOST_VIEWS - 1
    middle = (slice(None), slice(3, -3), slice(3, -3))  # a moved edge comes in at the other side
    near = (mean - alone)[middle].square().mean()
    elsewhere = (mean - alone.roll((2, 2), (-2, -1)))[middle].square().mean()
    assert near < elsewhere


def test_of_a_grid_finer_than_the_pixels_there_is_one_view(squares):
    model, trained = squares
    image = planted(1, seed=7)[0][0]
    fine = build_reader(replace(trained.reader.options, cells=2 * image.shape[-1])).eval()
    alone, passes = latent(model, fine, image, 1)
    mean, more = latent(model, fine, image, MOST_VIEWS)
    assert torch.equal(mean, alone) and more == passes
