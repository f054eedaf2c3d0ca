import pytest

from dprotonet.explain.reader.fitting import fit_reader
from dprotonet.explain.reader.images import of_tensor
from tests.dprotonet.explain.reader.planted import QUICK, TextureClassifier, planted


@pytest.fixture(scope="package")
def squares():
    """A network that rests on squares, and what came of training a reader for it."""
    model = TextureClassifier("squares")
    images, _ = planted(40, seed=1, most=0.6)
    return model, fit_reader(model, of_tensor(images), QUICK)
