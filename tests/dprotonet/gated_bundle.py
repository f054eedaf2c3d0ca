"""The small random bundle with a gate that was fitted to images of its kind."""

from pathlib import Path

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.parts import FittedSupport
from dprotonet.bundle.scope import Scope
from dprotonet.bundle.support_limits import SupportLimits
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
    stage = gate_stage("mobilenet_v2")
    with torch.inference_mode():
        inputs = network_input(tiny_images(len(classes), 40, seed=3))
        features = stage_features(bundle.model.get_submodule("backbone"), stage, inputs)
    distance = fit_distance(features)
    own = distance(features)
    limits = SupportLimits(stage, 1.2 * float(own.max()), 2 * float(own.max()), len(own), len(own))
    return add_support(bundle, FittedSupport(distance, limits), GREY)
