"""Encoders by name: features only, weights from a file, from torchvision, or none.

All but "small", which is five convolutions for small images without texture, are torchvision's.

A :class:`Backbone` keeps torchvision's own key names, so a weights file of torchvision fits with or
without its classifier.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision import models

from dprotonet.errors import ReadableError, UnusableBundle, WrongRequest
from dprotonet.modeling.options import STRIDE, STRIDES
from dprotonet.modeling.output_stride import take_out_last_halving

_OUT_CHANNELS = {
    "mobilenet_v2": 1280,
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "resnet101": 2048,
    "resnet152": 2048,
    "densenet121": 1024,
    "densenet161": 2208,
    "vgg16": 512,
    "vgg16_bn": 512,
    "vgg19": 512,
    "vgg19_bn": 512,
    "efficientnet_b0": 1280,
    "efficientnet_b1": 1280,
    "efficientnet_b2": 1408,
    "efficientnet_b3": 1536,
    "efficientnet_b4": 1792,
    "efficientnet_v2_s": 1280,
    "convnext_tiny": 768,
    "small": 128,
}
BACKBONES: tuple[str, ...] = tuple(_OUT_CHANNELS)

_RESNET_LAYERS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
_CLASSIFIER_PREFIXES = ("classifier.", "fc.")
_SMALL = (3, 16, 32, 64, 96, 128)  # channels between the layers of "small", each of which halves
# torchvision's configuration letters of Simonyan & Zisserman (2015), table 1.
_VGG_CONFIGURATIONS = {"vgg16": "D", "vgg19": "E"}


class Backbone(nn.Sequential):
    """A torchvision network without its pooling and classifier.

    ``forward``: ``(N, 3, H, W)`` normalised images to ``(N, C, H/stride, W/stride)`` features.

    Args:
        stride: pixels of a cell of its last grid, 32 or 16.
    """

    def __init__(
        self, name: str, layers: OrderedDict[str, nn.Module], stride: int = STRIDE
    ) -> None:
        super().__init__(layers)
        self.name = name
        self.out_channels = _OUT_CHANNELS[name]
        self.stride = stride
        if stride < STRIDE:
            take_out_last_halving(self, STRIDE)


def build_backbone(
    name: str, weights: str | Path | None = None, *, stride: int = STRIDE
) -> Backbone:
    """One encoder out of :data:`BACKBONES`.

    Args:
        name: torchvision's name of the network.
        weights: None for random weights (from torch's current seed), "torchvision" for its own
            ImageNet weights (downloaded, or from its cache), or the path of a safetensors file
            in torchvision's key names, with or without classifier and "features." prefix.
        stride: pixels of a cell of the last grid: 32, or 16 for one without the last halving, which
            takes the same weights.

    Raises:
        WrongRequest: there is no backbone of that name.
        UnusableBundle: the weights file cannot be read or does not fit the network.
        ReadableError: torchvision's weights could not be had.
    """
    if name not in _OUT_CHANNELS:
        raise WrongRequest(
            f"There is no backbone named {name!r}. Choose one of: {', '.join(BACKBONES)}."
        )
    if stride not in STRIDES:
        raise WrongRequest(f"A backbone's stride is one of {STRIDES}, not {stride}.")
    backbone = Backbone(name, _feature_layers(name), stride)
    if weights is None:
        return backbone
    if weights == "torchvision":
        _load(backbone, _torchvision_weights(name), f"torchvision's weights of {name}")
    else:
        _load(backbone, _file_weights(Path(weights)), f"The weights file {Path(weights).name}")
    return backbone


def _feature_layers(name: str) -> OrderedDict[str, nn.Module]:
    if name.startswith("vgg"):
        return OrderedDict(features=_vgg_features(name))
    if name == "small":
        return OrderedDict(features=_small_features())
    network = models.get_model(name, weights=None)
    if name.startswith("resnet"):
        return OrderedDict((layer, getattr(network, layer)) for layer in _RESNET_LAYERS)
    if name.startswith("densenet"):
        # torchvision applies this ReLU in DenseNet.forward, outside of `features`.
        return OrderedDict(features=network.features, relu=nn.ReLU())
    return OrderedDict(features=network.features)


def _vgg_features(name: str) -> nn.Sequential:
    """The convolutions alone: building the whole VGG would first fill 500 MB of classifier."""
    from torchvision.models import vgg

    plain_name, _, norm = name.partition("_")
    layers: nn.Sequential = vgg.make_layers(
        vgg.cfgs[_VGG_CONFIGURATIONS[plain_name]], batch_norm=norm == "bn"
    )
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layers


def _small_features() -> nn.Sequential:
    """190,000 weights, for images such as rows of a table make: trained from nothing in seconds."""
    return nn.Sequential(
        *(
            nn.Sequential(
                nn.Conv2d(given, made, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(made),
                nn.ReLU(inplace=True),
            )
            for given, made in pairwise(_SMALL)
        )
    )


def _torchvision_weights(name: str) -> Mapping[str, Tensor]:
    if name == "small":
        raise WrongRequest("torchvision has no weights of the backbone small. Leave weights out.")
    try:
        weights: Mapping[str, Tensor] = models.get_model_weights(name).DEFAULT.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise ReadableError(
            f"torchvision's weights of {name} could not be downloaded ({error}). "
            "Give a safetensors file of them, or train without pretrained weights."
        ) from error
    return weights


def _file_weights(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise UnusableBundle(
            f"The weights file {path} cannot be read ({error}). Give a .safetensors file."
        ) from error


def _load(backbone: Backbone, tensors: Mapping[str, Tensor], source: str) -> None:
    expected = backbone.state_dict()
    state = {k: v for k, v in tensors.items() if not k.startswith(_CLASSIFIER_PREFIXES)}
    if "features" in backbone._modules and not any(k.startswith("features.") for k in state):
        state = {f"features.{key}": value for key, value in state.items()}
    # Old files lack the step counters, which eval never reads.
    missing = [k for k in expected if k not in state and not k.endswith("num_batches_tracked")]
    unknown = [k for k in state if k not in expected]
    resized = [k for k in state if k in expected and state[k].shape != expected[k].shape]
    for keys, problem in (
        (missing, "lacks"),
        (unknown, "has unknown"),
        (resized, "has other sizes of"),
    ):
        if keys:
            more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
            raise UnusableBundle(
                f"{source} does not fit the backbone {backbone.name}: it {problem} "
                f"{', '.join(keys[:3])}{more}. Give weights of {backbone.name} in "
                "torchvision's key names."
            )
    with torch.no_grad():
        for key, value in state.items():
            expected[key].copy_(value)
