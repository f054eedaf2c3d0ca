"""A small classifier without prototypes, imported as one from elsewhere would be."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torchvision import models

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.classifier.imported import import_classifier
from dprotonet.bundle.classifier.request import ImportedFile

ARCHITECTURE = "torchvision:squeezenet1_1"


def weights_file(folder: Path, outputs: int = 2) -> Path:
    """Random weights as safetensors; the same every time."""
    torch.manual_seed(0)
    network = models.get_model(ARCHITECTURE.partition(":")[2], num_classes=outputs)
    path = folder / "weights.safetensors"
    save_file(network.state_dict(), path)
    return path


def make_imported_bundle(
    folder: Path, classes: tuple[str, ...] = ("none", "finding"), **choices: object
) -> Bundle:
    """A bundle of such weights for 64 × 64 images, in ``folder / "bundle"``."""
    folder.mkdir(parents=True, exist_ok=True)
    usual: dict[str, object] = {"name": "imported", "size": 64, "negative": "none"}
    usual["threshold"] = 0.5
    file = ImportedFile(
        file=weights_file(folder, len(classes)),
        architecture=ARCHITECTURE,
        classes=classes,
        **{**usual, **choices},  # type: ignore[arg-type]
    )
    return import_classifier(file, folder / "bundle")
