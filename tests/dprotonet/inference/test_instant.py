import numpy as np
import pytest

from dprotonet.errors import WrongRequest
from dprotonet.explain.explanation import NO_READER, READER, REFINED, VIEWED
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from dprotonet.inference.instant import predict_with_maps
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.explain.toys import assert_same_order
from tests.dprotonet.read_bundle import make_read_bundle, make_read_concept_bundle
from tests.dprotonet.tiny_bundle import SIZE, make_tiny_bundle
from tests.dprotonet.tiny_concepts import CONCEPTS


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor(make_read_bundle(tmp_path_factory.mktemp("read") / "b", pictures=False))


@pytest.fixture(scope="module")
def read_concepts(tmp_path_factory):
    return make_read_concept_bundle(tmp_path_factory.mktemp("concepts") / "b")


@pytest.fixture(scope="module")
def image():
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60), dtype=np.uint8)
    facts = ImageFacts("png", 90, 60, 1, False, 8)
    return GrayOrColourImage(pixels, (Window(128, 256),), False, None, facts)


def test_the_prediction_is_the_usual_one_and_the_maps_are_those_of_all_nodes(predictor, image):
    prediction, maps = predict_with_maps(predictor, image)
    usual = predictor.predict(image)
    assert prediction.logits == usual.logits and prediction.label == usual.label
    assert maps.nodes == (
        *("class:none", "class:finding"),
        *(f"prototype:{name}" for name in predictor.bundle.prototype_ids),
    )


def test_a_heatmap_is_that_of_the_tier_instant(predictor, image):
    _, maps = predict_with_maps(predictor, image)
    for node in ("class:finding", "prototype:p01"):
        heatmap = maps.heatmap(node)
        explanation = predictor.explain(image, node, tier="instant")
        assert explanation.drawn_by == READER
        assert heatmap.shape == (SIZE, SIZE) and heatmap.dtype == np.float32
        assert_same_order(heatmap, explanation.heatmap)
        assert not heatmap[~maps.placement.valid_mask().numpy()].any()


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_a_network_with_concepts_has_a_map_of_each_class_and_concept(read_concepts, image, engine):
    predictor = Predictor(read_concepts, engine=engine)
    prediction, maps = predict_with_maps(predictor, image)
    assert prediction.logits == predictor.predict(image).logits
    node = f"concept:{CONCEPTS[0]}"
    assert maps.nodes == ("class:none", "class:finding", node, f"concept:{CONCEPTS[1]}")
    heatmap, explanation = maps.heatmap(node), predictor.explain(image, node, tier="instant")
    assert explanation.drawn_by == READER
    assert_same_order(heatmap, explanation.heatmap)
    refined = predictor.explain(image, node, tier="standard").drawn_by
    assert refined in (VIEWED, REFINED)


def test_a_bundle_without_a_reader_is_searched_and_has_no_such_maps(image, tmp_path):
    predictor = Predictor(make_tiny_bundle(tmp_path / "b", pictures=False))
    with pytest.raises(WrongRequest, match=r"no mask reader.*training reader"):
        predict_with_maps(predictor, image)
    assert predictor.explain(image, "class:finding", tier="instant").drawn_by == NO_READER


def test_a_node_without_a_map_is_said(predictor, image):
    _, maps = predict_with_maps(predictor, image)
    with pytest.raises(WrongRequest, match=r"vector:p00.*class:none"):
        maps.heatmap("vector:p00")


def test_kept_maps_are_the_same_heatmaps_but_for_their_steps(predictor, image):
    _, maps = predict_with_maps(predictor, image)
    kept = maps.kept()
    assert kept.nodes == maps.nodes
    for number, node in enumerate(maps.nodes):
        np.testing.assert_allclose(kept.heatmap(number), maps.heatmap(node), atol=0.02)
