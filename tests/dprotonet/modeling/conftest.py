import pytest

from tests.dprotonet.tiny_bundle import network_input, tiny_images


@pytest.fixture(scope="module")
def images():
    return network_input(tiny_images(3, 2))
