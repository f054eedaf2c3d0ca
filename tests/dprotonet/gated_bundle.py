"""The small random bundle with a gate that was fitted to images of its kind."""

from pathlib import Path

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.parts import FittedSupport
from dprotonet.bundle.scope import Scope
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.bundle.writer import add_support
from dprotonet.modeling.gate_stage import gate_stage, stage_features
from dprotonet.modeling.support_distance import fit_distance
from tests.dprotonet.tiny_bundle import make_tiny_bundle, network_input, tiny_images

GREY = Scope(colour=False)


def make_gated_bundle(
    directory: str | Path, classes: tuple[str, ...] = ("none", "finding"), **choices: object
) -> Bundle:
    """A tiny bundle for grey images like :func:`tests.dprotonet.tiny_bundle.tiny_images`."""
    bundle = make_tiny_bundle(directory, classes, **choices)  # type: ignore[arg-type]
    stage = gate_stage(bundle.options.backbone)
    backbone = bundle.model.get_submodule("backbone")
    with torch.inference_mode():
        fitted, others = (
            stage_features(backbone, stage, network_input(tiny_images(len(classes), n, seed=seed)))
            for n, seed in ((40, 3), (8, 5))
        )
    distance = fit_distance(fitted)
    far = float(distance(others).max())
    limits = SupportLimits(stage, 1.1 * far, 1.2 * far, len(fitted), len(others))
    return add_support(bundle, FittedSupport(distance, limits), GREY)
