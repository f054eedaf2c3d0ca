import json

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.writer import save_bundle
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.digests import json_digest
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.tiny_bundle import (
    SIZE,
    tiny_batches,
    tiny_images,
)


def rewrite(folder, change):
    """Alter bundle.json as someone would who also puts its digest right."""
    data = json.loads((folder / "bundle.json").read_text())
    change(data)
    data.pop("digest")
    data["digest"] = json_digest(data)
    (folder / "bundle.json").write_text(json.dumps(data))


def refused(folder, says):
    with pytest.raises(UnusableBundle, match=says):
        Bundle.load(folder, with_model=False)


def save_model(model, directory, **changes):
    images = tiny_images(2)
    update = update_prototypes(model, tiny_batches(images, 2), m=3)
    update.apply_to(model)
    given = {
        "name": "one",
        "model": model,
        "preprocessing": Preprocessing(SIZE),
        "update": update,
        "statistics": activation_statistics(model, tiny_batches(images, 2)),
        "card": ModelCard("One"),
        **changes,
    }
    return save_bundle(directory, BundleParts(**given))
