import pytest
import torch

from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.writer import save_bundle
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.options import ModelOptions
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.tiny_bundle import (
    SIZE,
    tiny_batches,
    tiny_images,
    tiny_model,
)


def test_saving_prototypes_made_before_the_backbone_changed_is_refused(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    update = update_prototypes(model, tiny_batches(tiny_images(2), 2))
    update.apply_to(model)
    with torch.no_grad():
        model.backbone[0][0][0].weight.mul_(1.01)
    with pytest.raises(UnusableBundle, match="stale: the backbone changed"):
        save_bundle(
            tmp_path / "stale",
            BundleParts(
                name="stale",
                model=model,
                preprocessing=Preprocessing(SIZE),
                update=update,
                statistics=activation_statistics(model, tiny_batches(tiny_images(2), 2)),
                card=ModelCard("Stale"),
            ),
        )
    assert list(tmp_path.iterdir()) == []


def test_saving_an_update_that_was_not_applied_is_refused(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    update = update_prototypes(model, tiny_batches(tiny_images(2), 2))
    with pytest.raises(UnusableBundle, match="Apply the update"):
        save_bundle(
            tmp_path / "x",
            BundleParts(
                name="x",
                model=model,
                preprocessing=Preprocessing(SIZE),
                update=update,
                statistics=activation_statistics(model, tiny_batches(tiny_images(2), 2)),
                card=ModelCard("X"),
            ),
        )
