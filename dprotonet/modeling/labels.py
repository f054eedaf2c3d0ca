"""Labels of images in their two forms: one class each, or any number of classes."""

from __future__ import annotations

from typing import Any


def owned(labels: Any, owner: Any) -> Any:
    """Which prototypes are of a class that an image has.

    Args:
        labels: ``(N,)`` class indices, or ``(N, K)`` with 1 for every class that an image has;
            a numpy array or a tensor.
        owner: ``(P,)`` class index of each prototype, of the same library.

    Returns:
        ``(N, P)`` bool.
    """
    if labels.ndim == 1:
        return labels[:, None] == owner
    return labels[:, owner] != 0
