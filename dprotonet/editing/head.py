"""The last layer in a bundle's weights file, read and replaced without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.contents import checked_weights

_WEIGHTS, _SCALE = "head.weight", "log_scale"


@dataclass(frozen=True, eq=False)
class LastLayer:
    """A bundle's last layer.

    Attributes:
        weights: ``(K, P)`` float64.
        scale: of every similarity before it is weighed, exp(log_scale).
    """

    weights: NDArray[np.float64]
    scale: float


def last_layer(bundle: Bundle) -> LastLayer:
    """The last layer as it is on disk.

    Raises:
        UnusableBundle: the weights were altered.
    """
    from safetensors.numpy import load

    tensors = load(checked_weights(bundle.path, bundle.manifest))
    return LastLayer(
        tensors[_WEIGHTS].astype(np.float64), float(np.exp(tensors[_SCALE].astype(np.float64)))
    )


def with_last_layer(bundle: Bundle, weights: NDArray[np.float32]) -> bytes:
    """The bundle's weights file with another last layer; every other tensor keeps its bits.

    Args:
        weights: ``(K, P)``.
    """
    from safetensors.numpy import load, save

    tensors = load(checked_weights(bundle.path, bundle.manifest))
    if tensors[_WEIGHTS].shape != weights.shape:
        raise ValueError(f"The last layer has the shape {tensors[_WEIGHTS].shape}.")
    return save({**tensors, _WEIGHTS: np.ascontiguousarray(weights, tensors[_WEIGHTS].dtype)})
