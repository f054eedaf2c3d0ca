"""The gate's distance to the bytes of a safetensors file and back."""

from __future__ import annotations

from safetensors import SafetensorError
from safetensors.torch import load, save

from dprotonet.errors import UnusableBundle
from dprotonet.modeling.support_distance import SupportDistance


def distance_to_bytes(distance: SupportDistance) -> bytes:
    """A safetensors file of at most 0.5 MB."""
    return save(distance.to_tensors())


def distance_from_bytes(data: bytes, name: str) -> SupportDistance:
    """The distance of a bundle.

    Args:
        data: of support.safetensors.
        name: of the bundle, for the error.

    Raises:
        UnusableBundle: the tensors are not those of a distance.
    """
    try:
        return SupportDistance.from_tensors(load(data))
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise UnusableBundle(
            f"The support of the model {name!r} cannot be used ({error}). Save the model again."
        ) from error
