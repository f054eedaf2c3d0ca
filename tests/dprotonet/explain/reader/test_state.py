import pytest
import torch

from dprotonet.errors import Unexplainable
from dprotonet.explain.reader.images import of_tensor
from dprotonet.explain.reader.state import open_training
from dprotonet.modeling.model import build_model
from tests.dprotonet.explain.reader.planted import QUICK, TextureClassifier, planted
from tests.dprotonet.explain.toys import PatchPrototypes
from tests.dprotonet.modeling.networks import options


def test_a_network_of_ours_has_queries_made_of_its_prototypes():
    images = torch.randn(6, 3, 64, 64)
    training = open_training(build_model(options()), of_tensor(images), QUICK, 0)
    assert training.reader.options.depth == 8 and training.reader.options.prototypes == 0
    values, maps = training.read(images[:2])
    assert values.shape == (2, 9) and maps.shape == (2, 9, 12, 12)
    assert maps.requires_grad and not values.requires_grad


def test_other_networks_have_learned_queries_for_all_that_they_give():
    images = planted(6, seed=0)[0]
    classifier = open_training(TextureClassifier("rows"), of_tensor(images), QUICK, 0)
    assert (classifier.reader.options.classes, classifier.reader.options.prototypes) == (2, 0)
    prototypes = open_training(PatchPrototypes(), of_tensor(images), QUICK, 0)
    assert (prototypes.reader.options.classes, prototypes.reader.options.prototypes) == (2, 2)


def test_scales_come_from_training_images_alone():
    images = planted(12, seed=0)[0]
    given = of_tensor(images)
    spoiled = images.clone()
    spoiled[given.validation] = 40.0
    one = open_training(TextureClassifier("rows"), given, QUICK, 0)
    other = open_training(TextureClassifier("rows"), of_tensor(spoiled), QUICK, 0)
    torch.testing.assert_close(one.scale.mean, other.scale.mean)
    torch.testing.assert_close(one.reader.mean_0, other.reader.mean_0)


def test_values_that_are_not_finite_are_refused():
    model = TextureClassifier("rows")
    images = planted(8, seed=0)[0]
    images[of_tensor(images).train[3]] *= 1e38
    with pytest.raises(Unexplainable, match="not finite"):
        open_training(model, of_tensor(images), QUICK, 0)
