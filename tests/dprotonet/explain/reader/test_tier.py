"""The tiers of MDM with a mask reader and without one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.explain.explanation import NO_READER, READER, SEARCH
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import ClassNode, PrototypeNode, VectorNode
from dprotonet.explain.reader.fitting import fit_reader
from dprotonet.explain.reader.images import of_tensor
from dprotonet.explain.settings import TIERS
from dprotonet.modeling.reader.mask_reader import MaskReader
from tests.dprotonet.explain.reader.planted import QUICK, TextureClassifier, planted
from tests.dprotonet.explain.toys import SIZE, PatchPrototypes

NODES = [ClassNode(0), ClassNode(1)]


@pytest.fixture(scope="module")
def image():
    return planted(1, seed=6)[0][0]


def test_instant_is_the_readers_one_pass_for_all_nodes(squares, image):
    model, trained = squares
    explanations = MDM(model, TIERS["instant"], reader=trained.reader).explain(image, NODES)
    for one in explanations:
        assert (one.drawn_by, one.stop_reason, one.passes_backward) == (READER, "done", 0)
        # The image and its fill: no pass is the reader's own.
        assert one.passes_forward - one.measuring_passes == 2
        assert one.to_json()["drawn_by"] == READER
    assert explanations[1].faithfulness.beats_random


def test_without_a_reader_instant_is_the_search_of_before_and_says_so(squares, image):
    model, _ = squares
    (plain,) = MDM(model, TIERS["instant"]).explain(image, [ClassNode(1)])
    searched = replace(TIERS["instant"], reader=False)
    (asked,) = MDM(model, searched).explain(image, [ClassNode(1)])
    assert (plain.drawn_by, asked.drawn_by) == (NO_READER, SEARCH)
    assert np.array_equal(plain.heatmap, asked.heatmap)
    assert plain.passes_backward == asked.passes_backward > 0


def test_draft_is_the_map_of_instant_and_a_reader_may_be_left_out(squares, image):
    model, trained = squares
    read = [MDM(model, TIERS[t], reader=trained.reader) for t in ("instant", "draft")]
    assert torch.equal(read[0].attribute(image, 1), read[1].attribute(image, 1))
    searched = replace(TIERS["standard"], precision="float32", reader=False)
    one = MDM(model, searched).attribute(image, 1)
    other = MDM(model, searched, reader=trained.reader).attribute(image, 1)
    assert torch.equal(one, other)


def test_a_pooled_vector_is_searched_and_that_is_said(image):
    model = PatchPrototypes()
    settings = replace(QUICK, steps=1, validate_every=1)
    reader = fit_reader(model, of_tensor(planted(8, seed=3, most=0.5)[0]), settings).reader
    mdm = MDM(model, TIERS["instant"], reader=reader)
    assert mdm.explain(image, [PrototypeNode(1)])[0].drawn_by == READER
    assert mdm.explain(image, [VectorNode(1)])[0].drawn_by == NO_READER


def test_padding_is_never_marked(squares, image):
    model, trained = squares
    valid_mask = torch.ones(SIZE, SIZE, dtype=torch.bool)
    valid_mask[:, :9] = False
    mdm = MDM(model, TIERS["instant"], reader=trained.reader)
    heatmap = mdm.attribute(image, 1, valid_mask=valid_mask)
    assert heatmap[:, :, :9].max() == 0 and heatmap.max() > 0.9


def test_an_image_has_the_same_map_alone_and_among_others(squares):
    model, trained = squares
    images, _ = planted(3, seed=6)
    mdm = MDM(model, replace(TIERS["instant"], precision="float32"), reader=trained.reader)
    together = mdm.attribute(images, 1)
    assert torch.equal(together[2], mdm.attribute(images[2], 1))


def test_fit_gives_a_reader_and_keeps_it():
    mdm = MDM(TextureClassifier("squares"), TIERS["instant"])
    assert mdm.reader is None
    fractions: list[float] = []
    reader = mdm.fit(
        planted(8, seed=3, most=0.5)[0],
        replace(QUICK, steps=2, validate_every=1),
        progress=fractions.append,
    )
    assert isinstance(reader, MaskReader) and mdm.reader is reader
    assert fractions[-1] == 1.0
    assert mdm.explain(planted(1, seed=6)[0][0], [ClassNode(1)])[0].drawn_by == READER


def test_whoever_watches_sees_the_readers_map_once(squares, image):
    model, trained = squares
    seen = []
    mdm = MDM(model, TIERS["instant"], reader=trained.reader)
    explanations = mdm.attribute_nodes(image, NODES, watch=seen.append)
    assert [maps.shape for maps in seen] == [(1, 2, SIZE, SIZE)]
    assert torch.equal(seen[0][0, 1], explanations[1].heatmap)


def test_digests_of_stored_heatmaps_are_those_of_before_there_were_readers():
    stored = {
        "instant": "facd6a84",
        "draft": "f54c1ccb",
        "standard": "22572e71",
        "full": "a104dbca",
    }
    searched = {
        tier: replace(settings, reader=False, refine_steps=0, reader_views=1)
        for tier, settings in TIERS.items()
    }
    assert {tier: settings.digest[:8] for tier, settings in searched.items()} == stored
    assert all(TIERS[tier].digest[:8] != digest for tier, digest in stored.items())
