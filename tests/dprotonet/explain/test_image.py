import numpy as np
import pytest
from PIL import Image

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import Cancelled, WrongRequest
from dprotonet.explain.image import explain_image, on_native_grid
from dprotonet.explain.settings import MDMSettings
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle

QUICK = MDMSettings(steps=1, sizes=(4,), faithfulness_steps=3)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory) -> Predictor:
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    make_tiny_bundle(folder, temperature=1.7)
    return Predictor(Bundle.load(folder))


def picture(folder, rows, columns):
    chance = np.random.default_rng(0)
    path = folder / "image.png"
    Image.fromarray(chance.integers(0, 255, (rows, columns), dtype=np.uint8)).save(path)
    return read_image(path)


@pytest.mark.parametrize(("rows", "columns"), [(90, 41), (33, 120), (64, 64)])
def test_a_heatmap_lies_exactly_on_the_native_grid(predictor, tmp_path, rows, columns):
    image = picture(tmp_path, rows, columns)
    nodes = ["class", "class:none", "prototype:p01", "vector:p03"]
    result = explain_image(predictor, image, nodes, settings=QUICK)
    assert len(result) == 4
    for heatmap in map(on_native_grid, result):
        assert heatmap.shape == (rows, columns)
        assert heatmap.dtype == np.float32
        assert heatmap.min() >= 0 and heatmap.max() <= 1
        assert heatmap.max() > 0.8


def test_padding_around_a_narrow_image_is_never_marked(predictor, tmp_path):
    image = picture(tmp_path, 90, 41)
    (result,) = explain_image(predictor, image, ["class:none"], settings=QUICK)
    _, placement = predictor.bundle.preprocessing(image)
    assert result.heatmap[~placement.valid_mask().numpy()].max() == 0


def test_class_alone_is_the_predictors_own_decision_and_its_calibrated_probability(
    predictor, tmp_path
):
    image = picture(tmp_path, 64, 64)
    prediction = predictor.predict(image)
    (result,) = explain_image(predictor, image, ["class"], settings=QUICK)
    assert result.node == f"class:{prediction.label}"
    assert result.value_before == pytest.approx(prediction.probability, abs=1e-3)


def test_a_prototypes_value_is_the_similarity_that_the_prediction_shows(predictor, tmp_path):
    image = picture(tmp_path, 64, 64)
    match = predictor.predict(image).matches[0]
    node = f"prototype:{match.prototype}"
    (result,) = explain_image(predictor, image, [node], settings=QUICK)
    assert result.value_before == pytest.approx(match.similarity, abs=1e-3)


def test_a_wrong_node_costs_no_pass(predictor, tmp_path):
    fractions: list[float] = []
    with pytest.raises(WrongRequest, match="prototype:p00"):
        explain_image(
            predictor, picture(tmp_path, 64, 64), ["prototype:zz"], progress=fractions.append
        )
    assert fractions == []


def test_an_explanation_of_an_image_can_be_cancelled(predictor, tmp_path):
    with pytest.raises(Cancelled):
        explain_image(predictor, picture(tmp_path, 64, 64), ["class"], cancelled=lambda: True)


def test_another_method_draws_the_heatmap_and_says_so(predictor, tmp_path):
    image = picture(tmp_path, 64, 64)
    (cam,) = explain_image(predictor, image, ["class:none"], method="gradcam", settings=QUICK)
    (mdm,) = explain_image(predictor, image, ["class:none"], settings=QUICK)
    assert (cam.method, mdm.method) == ("gradcam", "mdm")
    assert not np.array_equal(on_native_grid(cam), on_native_grid(mdm))


def test_a_method_that_does_not_exist_is_named_beside_those_that_do(predictor, tmp_path):
    with pytest.raises(WrongRequest, match=r"“lime”.*gradcam"):
        explain_image(predictor, picture(tmp_path, 64, 64), ["class"], method="lime")


def test_a_heatmap_comes_with_its_peak_and_its_fraction_beside_the_body(predictor, tmp_path):
    noise = picture(tmp_path, 64, 64)
    (result,) = explain_image(predictor, noise, ["class:none"], settings=QUICK)
    row, column = result.peak
    near = on_native_grid(result)[
        max(0, int(row * 64) - 4) : int(row * 64) + 5, max(0, int(column * 64) - 4) :
    ]
    assert 0 <= row <= 1 and 0 <= column <= 1 and near.max() > 0.5
    assert result.outside_body is None, "noise shows no body"

    pixels = np.full((80, 64), 12, np.uint8)
    pixels[16:, 8:56] = 200
    path = tmp_path / "body.png"
    Image.fromarray(pixels).save(path)
    (result,) = explain_image(predictor, read_image(path), ["class:none"], settings=QUICK)
    beside = np.ones((80, 64), bool)
    beside[16:, 8:56] = False
    heatmap = on_native_grid(result)
    expected = heatmap[beside].sum() / heatmap.sum()
    assert result.outside_body == pytest.approx(expected, abs=0.06)
