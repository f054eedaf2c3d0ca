import numpy as np
import pytest
import torch

from dprotonet.modeling.options import ModelOptions
from dprotonet.prototypes.activation_map import PatchBox, activation_maps, patch_box, upsampled
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model


@pytest.mark.parametrize("similarity", ["cosine", "half_cosine", "log"])
def test_the_largest_cell_of_a_map_is_the_similarity_of_the_image(similarity):
    options = ModelOptions(
        ("a", "b"), prototypes_per_class=(2, 3), depth=8, image_size=64, stride=16,
        masks="patch", similarity=similarity,
    )  # fmt: skip
    model = tiny_model(options)
    images = network_input(tiny_images(2, 2))
    maps = activation_maps(model, images)
    assert maps.shape == (4, 5, 4, 4)
    with torch.inference_mode():
        expected = model(images).similarities
    assert maps.amax(dim=(2, 3)).numpy() == pytest.approx(expected.numpy(), abs=1e-4)


def test_the_box_holds_the_cell_that_is_most_similar_and_little_else():
    cells = torch.zeros(7, 7)
    cells[2, 5] = 1.0
    box = patch_box(upsampled(cells, 224))
    top, left, bottom, right = box
    assert top <= 2 * 32 + 16 < bottom and left <= 5 * 32 + 16 < right
    assert (bottom - top) * (right - left) < 0.1 * 224**2
    inside = np.zeros((224, 224), bool)
    inside[top:bottom, left:right] = True
    pixels = upsampled(cells, 224)
    assert inside[pixels >= np.percentile(pixels, 95)].all()


def test_a_box_spans_all_that_is_from_the_percentile_on():
    pixels = np.zeros((20, 20))
    pixels[3, 4] = pixels[10, 15] = 1.0
    assert patch_box(pixels, 99.6) == PatchBox(3, 4, 11, 16)
    assert patch_box(np.ones((4, 4))) == PatchBox(0, 0, 4, 4)
