import pytest

from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.datasets.phantom.parameters import FINDINGS


@pytest.fixture(scope="package")
def phantom_predictor(tmp_path_factory):
    """Random weights, with the phantom's classes."""
    folder = tmp_path_factory.mktemp("phantom")
    return Predictor(make_tiny_bundle(folder / "tiny", FINDINGS, threshold=None))
