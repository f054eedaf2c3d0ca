import pytest
import torch

from dprotonet.export.network import portable_network
from dprotonet.export.parity import ExportDiffers, check_parity, comparison_images
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor(make_tiny_bundle(tmp_path_factory.mktemp("parity") / "b"))


def run(predictor, spoil=lambda found: found):
    network = portable_network(predictor)
    return lambda images: spoil(dict(zip(network.names, network(images), strict=True)))


def test_the_same_network_passes_with_its_differences(predictor):
    parity = check_parity(predictor, run(predictor), "file")
    assert parity.images == len(comparison_images(predictor)) > 4
    assert set(parity.differences) == {"logits", "probabilities", "similarities"}
    assert max(parity.differences.values()) < 1e-3
    assert parity.to_json()["images"] == parity.images


def test_pictures_of_the_gallery_are_among_the_images(predictor):
    pictures = [entry for entry in predictor.bundle.gallery if entry.picture]
    assert pictures and len(comparison_images(predictor)) == 4 + min(4, len(pictures))


def test_other_numbers_are_said_with_their_output_and_image(predictor):
    def spoil(found):
        return found | {"logits": found["logits"] + 0.1}

    with pytest.raises(ExportDiffers, match=r"its logits differ .* by 0\.1 on image 1 of"):
        check_parity(predictor, run(predictor, spoil), "ONNX file")


def test_numbers_that_are_wrong_in_a_batch_alone_are_noticed(predictor):
    def spoil(found):
        logits = found["logits"]
        return found | {"logits": logits[:1].expand(len(logits), -1)}

    with pytest.raises(ExportDiffers, match="on image 2 of"):
        check_parity(predictor, run(predictor, spoil), "file")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: {name: v for name, v in found.items() if name != "similarities"},
        lambda found: found | {"similarities": torch.zeros(len(found["logits"]), 1)},
    ],
)
def test_a_missing_output_and_one_of_another_shape_are_noticed(predictor, spoil):
    with pytest.raises(ExportDiffers, match="similarities is missing"):
        check_parity(predictor, run(predictor, spoil), "file")
