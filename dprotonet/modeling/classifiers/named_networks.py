"""Classifiers of torchvision and MONAI by name, built with random weights.

MONAI is imported here alone in the library, and only where one of its networks is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from dprotonet.errors import WrongRequest
from dprotonet.lazy_compiler import without_compiler
from dprotonet.modeling.classifiers.options import ClassifierOptions

# These train with further heads, which a prediction does not need.
_WITH_FURTHER_HEADS = ("googlenet", "inception_v3")
FURTHER_HEADS = ("aux1.", "aux2.", "AuxLogits.")
"""How the keys of those heads begin; weights of them are left out."""

_DENSENETS = ("DenseNet121", "DenseNet169", "DenseNet201", "DenseNet264")
_SENETS = ("SEResNet50", "SEResNet101", "SEResNet152", "SEResNeXt50", "SEResNeXt101", "SENet154")
_RESNETS = ("resnet10", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet200")
_EFFICIENTNETS = tuple(f"efficientnet-b{number}" for number in range(9))
MONAI_NETWORKS: tuple[str, ...] = (*_DENSENETS, *_SENETS, *_RESNETS, *_EFFICIENTNETS)
"""MONAI's classifiers for flat images."""


def named_network(options: ClassifierOptions) -> nn.Module:
    """The network that the options name, for its channels and outputs.

    Raises:
        WrongRequest: there is none of that name, it takes no grey images, or MONAI is not here.
        ValueError: the options are of a network that has no name.
    """
    if options.source == "torchvision":
        return _of_torchvision(options)
    if options.source == "monai":
        return _of_monai(options)
    raise ValueError(f"A network of {options.source} is built from its own file.")


def torchvision_networks() -> list[str]:
    """torchvision's classifiers of images."""
    with without_compiler():
        from torchvision import models

    return list(models.list_models(module=models))


def _of_torchvision(options: ClassifierOptions) -> nn.Module:
    with without_compiler():
        from torchvision import models

    name, known = options.architecture, torchvision_networks()
    if name not in known:
        raise WrongRequest(
            f"torchvision has no classifier named {name!r}. Choose one of: {', '.join(known)}."
        )
    if not options.colour:
        raise WrongRequest(
            "torchvision's networks take three channels. Leave out --grey: grey images are "
            "repeated three times."
        )
    further: dict[str, Any] = {}
    if name in _WITH_FURTHER_HEADS:
        # With transform_input the network would normalise what is normalised already.
        further = {"aux_logits": False, "init_weights": False, "transform_input": False}
    if name.startswith("vit_"):
        further = {"image_size": options.image_size}
    network: nn.Module = models.get_model(
        name, weights=None, num_classes=options.outputs, **further
    )
    return network


def _of_monai(options: ClassifierOptions) -> nn.Module:
    name = options.architecture
    if name not in MONAI_NETWORKS:
        raise WrongRequest(
            f"MONAI has no classifier named {name!r} that can be imported. Choose one of: "
            f"{', '.join(MONAI_NETWORKS)}."
        )
    try:
        from monai.networks import nets
    except ImportError as error:
        raise WrongRequest(
            f"The network {name} is MONAI's, which is not installed here: pip install monai."
        ) from error
    flat: dict[str, Any] = {"spatial_dims": 2}
    takes, gives = options.channels, options.outputs
    if name in _EFFICIENTNETS:
        network: nn.Module = nets.EfficientNetBN(
            name, pretrained=False, in_channels=takes, num_classes=gives, **flat
        )
        return network
    build: Callable[..., nn.Module] = getattr(nets, name)
    if name in _RESNETS:
        return build(n_input_channels=takes, num_classes=gives, **flat)
    if name in _DENSENETS:
        return build(in_channels=takes, out_channels=gives, **flat)
    return build(in_channels=takes, num_classes=gives, **flat)
