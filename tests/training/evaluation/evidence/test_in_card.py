import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.reader.map_figures import MAPS, figures_of, map_figures
from dprotonet.explain.explanation import READER, REFINED, VIEWED
from dprotonet.modeling.reader.mask_reader import build_reader
from dprotonet.modeling.reader.options import ReaderOptions
from dprotonet.modeling.reader.stages import find_stages
from training.evaluation.evidence import in_card
from training.evaluation.evidence.in_card import maps_for_card


@pytest.fixture
def bundle(folder):
    return Bundle.load(folder)


@pytest.fixture
def reader(bundle, evident):
    model = bundle.model
    x, _ = bundle.preprocessing(evident[0].load())
    stages = find_stages(model, x[None])
    return build_reader(ReaderOptions(stages, 28, 8, model.options.depth, 2)).eval()


def figures(bundle, reader, samples, monkeypatch):
    monkeypatch.setattr(in_card, "split_samples", lambda *_: tuple(samples))
    return maps_for_card(bundle, reader, None)


def test_a_card_says_how_often_maps_held_what_was_confirmed(bundle, reader, evident, monkeypatch):
    found = map_figures({MAPS: figures(bundle, reader, evident, monkeypatch)})
    assert set(found) == {READER, VIEWED, REFINED}
    assert {one.images for one in found.values()} == {4}, "four of the eight are confirmed"
    assert "validation images with a known patch or text the" in found[READER].sentence
    assert figures_of(found, drawn_by=READER, tier="draft") == found[READER]
    assert figures_of(found, drawn_by=VIEWED, tier="full") is None


def test_boxes_count_on_images_that_are_called_rightly(bundle, reader, samples, monkeypatch):
    found = map_figures({MAPS: figures(bundle, reader, samples, monkeypatch)})
    assert 0 < found[READER].images < len(samples)


def test_nothing_is_said_where_no_place_is_known(bundle, reader, samples, monkeypatch):
    from dataclasses import replace

    plain = [replace(sample, boxes=()) for sample in samples]
    assert figures(bundle, reader, plain, monkeypatch) == {}
