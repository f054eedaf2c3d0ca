import numpy as np
import pytest

from dprotonet.editing.objective import responses_around
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="session")
def editable(tmp_path_factory):
    """A bundle of two classes with two prototypes each, whose last layer can be fitted again."""
    return make_tiny_bundle(tmp_path_factory.mktemp("editable") / "tiny", responses=True)


@pytest.fixture
def drawn():
    """Responses of 60 drawn images and the last layer that they are the optimum of."""

    def draw(multi_label=False, nonnegative=False, classes=3, each=2):
        chance = np.random.default_rng(7)
        labels = chance.integers(0, classes, 60)
        owner = np.repeat(np.arange(classes), each)
        similarities = chance.normal(0, 0.3, (60, len(owner))) + (labels[:, None] == owner)
        weights = np.where(owner == np.arange(classes)[:, None], 1.0, -0.5)
        if nonnegative:
            weights = np.maximum(weights, 0.0)
        truth = labels
        if multi_label:
            truth = np.eye(classes, dtype=bool)[labels] | (chance.random((60, classes)) < 0.1)
        responses = responses_around(
            weights,
            2.0,
            similarities=similarities.astype(np.float32),
            labels=truth,
            validation=np.arange(60) % 3 == 0,
            patients=[str(i // 2) for i in range(60)],
            class_weights=np.linspace(0.5, 2.0, classes),
            label_smoothing=0.05,
            nonnegative=nonnegative,
        )
        return responses, weights

    return draw
