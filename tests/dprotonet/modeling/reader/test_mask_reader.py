import pytest
import torch

from dprotonet.modeling.model import build_model
from dprotonet.modeling.reader.mask_reader import (
    MaskReader,
    build_reader,
    check_reads,
    node_queries,
    query_depth,
)
from dprotonet.modeling.reader.options import ReaderOptions, Stage
from tests.dprotonet.modeling.networks import options
from tests.dprotonet.tiny_concepts import tiny_concept_model

STAGES = (Stage("backbone.features.3", 24), Stage("backbone", 1280))


def made(**changes) -> MaskReader:
    given = {"stages": STAGES, "cells": 8, "width": 16, "depth": 8, "classes": 3, **changes}
    return build_reader(ReaderOptions(**given))


def features(images=2):
    torch.manual_seed(1)
    return [torch.randn(images, 24, 16, 16), torch.randn(images, 1280, 2, 2)]


def test_a_map_for_every_node_of_every_image():
    maps = made()(features(), torch.randn(5, 16))
    assert maps.shape == (2, 5, 8, 8)


def test_an_image_has_the_same_maps_alone_and_in_company():
    reader, queries = made(), torch.randn(5, 16)
    together = reader(features(), queries)
    alone = reader([level[1:] for level in features()], queries)
    torch.testing.assert_close(together[1:], alone, rtol=1e-4, atol=1e-5)


def test_all_stages_and_the_whole_grid_take_part():
    reader, queries = made(), torch.randn(1, 16)
    given = [level.requires_grad_(True) for level in features(1)]
    reader(given, queries)[0, 0, 0, 0].backward()
    assert all(bool(level.grad.any()) for level in given)


def test_channels_are_brought_to_one_scale():
    reader, queries = made(), torch.randn(1, 16)
    given = features(8)
    reader.set_scale(given)
    before = reader(given, queries)
    wide = [level * 50 + 3 for level in given]
    reader.set_scale(wide)
    torch.testing.assert_close(reader(wide, queries), before, rtol=1e-2, atol=1e-3)


def test_queries_follow_the_prototypes_whatever_their_number_and_order():
    reader, prototypes = made(), torch.randn(4, 8)
    head = torch.randn(3, 4)
    order = torch.tensor([2, 0, 3])
    all_queries = reader.queries(prototypes, head)
    fewer = reader.queries(prototypes[order], head[:, order])
    torch.testing.assert_close(fewer[3:], all_queries[3:][order])
    torch.testing.assert_close(reader.queries(7 * prototypes, head)[3:], all_queries[3:])
    assert not torch.allclose(fewer[:3], all_queries[:3])  # a class is what its prototypes are


def test_a_network_gives_its_own_queries_and_what_all_classes_share_counts_for_nothing():
    model = build_model(options())
    reader = made(depth=8)
    before = node_queries(reader, model)
    with torch.no_grad():
        model.head.weight += 3.0
    assert before.shape == (3 + 6, 16)
    torch.testing.assert_close(node_queries(reader, model), before, rtol=1e-3, atol=1e-4)


def test_the_query_of_a_class_follows_what_its_logit_rises_with_in_a_network_with_concepts():
    model = tiny_concept_model(activation="mean")  # so that every logit is linear in the mean cell
    reader = made(depth=8, classes=2)
    queries = node_queries(reader, model)
    assert query_depth(model) == 8 and len(queries) == 2 + 2, "what is no concept has no query"

    def rises(index):
        cells = torch.zeros(1, 8, 2, 2, requires_grad=True)
        logits = model.contributions(model.reasons_of(model.axes(cells).mean(dim=(2, 3)))).sum(-1)
        (logits[0, index] - logits.mean()).backward()
        return cells.grad[0].sum(dim=(1, 2))

    own = reader.of_class(torch.nn.functional.normalize(rises(1), dim=0))
    torch.testing.assert_close(queries[1], own, rtol=1e-3, atol=1e-4)
    axis = torch.nn.functional.normalize(model.prototypes[0], dim=0)
    torch.testing.assert_close(queries[2], reader.of_prototype(axis), rtol=1e-3, atol=1e-4)
    with torch.no_grad():  # a concept that is switched off leaves its class's query
        model.head.weight[:, 0] = 0.0
    assert not torch.allclose(node_queries(reader, model)[:2], queries[:2])


def test_without_prototypes_the_queries_are_learned():
    reader = made(depth=0, prototypes=2)
    assert node_queries(reader, torch.nn.Identity()).requires_grad
    assert len(reader.queries(None, None)) == 5


def test_the_same_seed_gives_the_same_reader_and_leaves_the_worlds_randomness_alone():
    state = torch.get_rng_state()
    one, other = made().state_dict(), made().state_dict()
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_reader_of_another_build_is_refused_with_what_is_wrong():
    model = build_model(options())
    check_reads(made(), model)
    for wrong, says in (
        ({"depth": 16}, "depth 16"),
        ({"classes": 2}, "2 classes"),
        ({"stages": (Stage("backbone.layer4", 8),)}, "no module backbone.layer4"),
    ):
        with pytest.raises(ValueError, match=says):
            check_reads(made(**wrong), model)


def test_a_reader_beside_a_network_is_no_part_of_its_state():
    model = build_model(options())
    keys, digests = list(model.state_dict()), model.part_digests()
    model.keep_reader(made())
    assert list(model.state_dict()) == keys and model.part_digests() == digests
    assert isinstance(model.mask_reader, MaskReader)
    model.keep_reader(None)
    assert model.mask_reader is None
