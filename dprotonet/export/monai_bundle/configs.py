"""metadata.json and inference.json of a MONAI bundle.

After MONAI's bundle specification (https://docs.monai.io/en/stable/mb_specification.html).
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch

from dprotonet import __version__
from dprotonet.bundle.bundle import Bundle
from dprotonet.export.metadata import RESEARCH_USE, facts

_TRANSFORMS = "dprotonet.export.monai_bundle.transforms"
_TESTED_WITH = {"monai": "1.6.1", "pytorch-ignite": "0.5.5"}
_SCHEMA = (
    "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/"
    "meta_schema_20240725.json"
)
"""Which MONAI's verify_metadata downloads; nothing else does."""


def metadata(bundle: Bundle) -> dict[str, Any]:
    """The contents of configs/metadata.json."""
    size, card = bundle.image_size, bundle.card
    about = facts(bundle)
    classes = {str(number): name for number, name in enumerate(bundle.classes)}
    return {
        "schema": _SCHEMA,
        "version": "1.0.0",
        "changelog": {"1.0.0": f"exported from the bundle {bundle.digest}"},
        "monai_version": _installed("monai"),
        "pytorch_version": torch.__version__.partition("+")[0],
        "numpy_version": np.__version__,
        "required_packages_version": {
            "dprotonet": __version__,
            "pytorch-ignite": _installed("pytorch-ignite"),
        },
        "name": bundle.name,
        "task": f"Classification of images: {', '.join(bundle.classes)}",
        "description": card.summary or card.title,
        "authors": "See docs/README.md",
        "copyright": card.licence or "See docs/README.md",
        "data_source": card.data,
        "intended_use": RESEARCH_USE,
        "dprotonet": about,
        "network_data_format": {
            "inputs": {
                "image": {
                    "type": "image",
                    "format": "magnitude",
                    "modality": _modality(bundle),
                    "num_channels": 3,
                    "spatial_shape": [size, size],
                    "dtype": "float32",
                    "value_range": [],
                    "is_patch_data": False,
                    "channel_def": {"0": "red", "1": "green", "2": "blue"},
                }
            },
            "outputs": {
                "pred": {
                    "type": "probabilities",
                    "format": "classes",
                    "num_channels": len(classes),
                    "spatial_shape": [1],
                    "dtype": "float32",
                    "value_range": [0, 1],
                    "is_patch_data": False,
                    "channel_def": classes,
                }
            },
        },
    }


def inference(bundle: Bundle) -> dict[str, Any]:
    """The contents of configs/inference.json: it reads all images of a folder, in this library's
    way, and writes a line of JSON for each frame."""
    about, preprocessing = facts(bundle), bundle.manifest.preprocessing
    scope = about["scope"]
    return {
        "imports": ["$import torch", f"$from {_TRANSFORMS} import image_frames"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/images'",
        "output_file": "$@bundle_root + '/eval/predictions.jsonl'",
        "device": "$torch.device('cpu')",
        "network": "$torch.jit.load(@bundle_root + '/models/model.ts', map_location=@device)",
        "preprocessing": {
            "_target_": f"{_TRANSFORMS}.ReadImaged",
            **{key: preprocessing[key] for key in ("size", "mean", "sd")},
            "scope": scope,
        },
        "dataset": {
            "_target_": "Dataset",
            "data": "$image_frames(@dataset_dir)",
            "transform": "@preprocessing",
        },
        "dataloader": {
            "_target_": "DataLoader",
            "dataset": "@dataset",
            "batch_size": 1,
            "shuffle": False,
            "num_workers": 0,
        },
        "inferer": {"_target_": "SimpleInferer"},
        "postprocessing": {
            "_target_": "Compose",
            "transforms": [
                {
                    "_target_": f"{_TRANSFORMS}.Decided",
                    **{
                        key: about[key]
                        for key in ("classes", "negative_class", "threshold", "thresholds")
                    },
                    "support": about["support"],
                    "scope": scope,
                },
                {"_target_": f"{_TRANSFORMS}.WriteRecords", "path": "@output_file"},
            ],
        },
        "evaluator": {
            "_target_": "SupervisedEvaluator",
            "device": "@device",
            "val_data_loader": "@dataloader",
            "network": "@network",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
            "amp": False,
        },
        "run": ["$@evaluator.run()"],
    }


def _installed(package: str) -> str:
    """The installed version, or that which the tests run with."""
    try:
        return version(package)
    except PackageNotFoundError:
        return _TESTED_WITH[package]


def _modality(bundle: Bundle) -> str:
    scope = bundle.card.scope
    return ", ".join(scope.modalities) if scope is not None and scope.modalities else "n/a"
