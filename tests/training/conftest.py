import dataclasses

import pytest

from tests.training import replicas

# Small enough for seconds: random weights, five convolutions, 64 pixels, few steps.
SMALL = (
    "weights=none",
    "backbone=small",
    "image_size=64",
    "frozen_blocks=2",
    "variants=1",
    "epochs=3",
    "batch_size=8",
    "prototypes_per_class=2",
    "depth=16",
    "head_steps=20",
    "resamples=20",
    "batch_norm=trained",
)

# Nothing that depends on which images share a batch, or jumps with rounding.
PLAIN = ("masks=image", "levels=1", "centre=false", "orthogonality=0", "ranking=0", "prune=false")


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Threads that wait in a loop would bring tests that run side by side to a crawl."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def class_folder(tmp_path_factory):
    return replicas.classes(tmp_path_factory.mktemp("classes") / "set")


def settings(*more):
    """``--set KEY=VALUE`` for each of SMALL and of the settings that are given."""
    return [part for setting in (*SMALL, *more) for part in ("--set", setting)]


@pytest.fixture(scope="session")
def patches(class_folder, tmp_path_factory):
    """The bundle of a small ProtoPNet on the same photographs; its encoder is torchvision's too."""
    from training.cli.parser import main

    out = tmp_path_factory.mktemp("patches")
    arguments = ["train", "folder", "--data", str(class_folder), "--preset", "protopnet"]
    more = settings(
        *("name=patches", "start=patches", "project_every=1", "prototypes_per_class=3"),
        "backbone=mobilenet_v2",
    )
    assert main([*arguments, "--out", str(out), "--device", "cpu", *more]) == 0
    return out / "bundle"


@pytest.fixture(scope="session")
def trained(class_folder, tmp_path_factory):
    """The bundle of a small training run on colour photographs of three classes.

    Its encoder is torchvision's, as in earnest; most other trainings are of a smaller one.
    """
    from training.cli.parser import main

    out = tmp_path_factory.mktemp("trained")
    arguments = ["train", "folder", "--data", str(class_folder), "--out", str(out)]
    more = settings("name=colours", "prune=false", "backbone=mobilenet_v2")
    assert main([*arguments, "--device", "cpu", *more]) == 0
    return out / "bundle"


@pytest.fixture(scope="session")
def axes(trained, tmp_path_factory):
    """A bundle with two concepts, of random weights, whose card says that it is of those images."""
    from dprotonet.bundle.bundle import Bundle
    from tests.dprotonet.tiny_concepts import make_tiny_concept_bundle

    of = Bundle.load(trained, with_model=False)
    folder = tmp_path_factory.mktemp("axes") / "bundle"
    bundle = make_tiny_concept_bundle(folder, name="axes", classes=of.classes)
    training = of.card.training
    recipe = training["recipe"] | {"name": "axes", "network": "concepts"}
    card = dataclasses.replace(bundle.card, training=training | {"recipe": recipe})
    return bundle.amend(card=card).path
