import pytest

from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.training.image_files import image_files
from training.datasets.samples import Box, Part, Sample


@pytest.fixture(scope="package")
def predictor(tmp_path_factory):
    """Of a bundle of random weights."""
    return Predictor(make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny", threshold=None))


@pytest.fixture(scope="package")
def samples(tmp_path_factory):
    """Eight images, of two patients each, with a box and parts."""
    return [
        Sample(
            f"{number}",
            path,
            f"p{number // 2}",
            number % 2,
            boxes=(Box(8, 8, 32, 32),),
            parts=(Part("corner", 4.0, 6.0), Part("middle", 32.0, 32.0)),
        )
        for number, path in enumerate(image_files(tmp_path_factory.mktemp("images")))
    ]
