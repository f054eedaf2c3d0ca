"""The tensors of a bundle: to the bytes of a safetensors file and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dprotonet.bundle.manifest import Manifest
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.model import DProtoNet, build_model

_MOST_HALF = torch.finfo(torch.float16).max


def weights_to_bytes(model: DProtoNet, *, half_precision: bool = False) -> bytes:
    """The network's state as a safetensors file.

    With ``half_precision`` the weights (two dimensions and more) of backbone and masks are kept as
    float16. Biases and normalisation statistics stay float32: they are few, and a variance may lie
    outside of float16's range.
    """
    stored: dict[str, Tensor] = {}
    for part, tensors in model.parts().items():
        for key, tensor in tensors.items():
            value = tensor.detach().cpu().contiguous()
            small = part in ("backbone", "masks") and value.ndim >= 2 and value.is_floating_point()
            if half_precision and small and float(value.abs().max()) <= _MOST_HALF:
                value = value.half()
            stored[key] = value
    return save(stored)


def model_from_bytes(data: bytes, manifest: Manifest) -> DProtoNet:
    """The network of a bundle in float32, in eval mode, its parameters frozen.

    Raises:
        UnusableBundle: the tensors do not fit the options.
    """
    try:
        tensors: Mapping[str, Tensor] = load(data)
        model = build_model(manifest.options)
        expected = model.state_dict()
        model.load_state_dict(
            {key: value.to(expected[key].dtype) for key, value in tensors.items()}
        )
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise UnusableBundle(
            f"The weights of the model {manifest.display_name!r} do not fit its options ({error}). "
            "Save the model again."
        ) from error
    return model.eval().requires_grad_(False)
