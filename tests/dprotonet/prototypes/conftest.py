import pytest

from tests.dprotonet.prototypes.samples import COUNT, make_model
from tests.dprotonet.tiny_bundle import network_input, tiny_images


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def images():
    images = network_input(tiny_images(2, COUNT // 2))
    images[6] = images[2]  # two samples that tie in everything but their names
    return images
