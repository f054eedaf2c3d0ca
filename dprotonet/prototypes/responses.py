"""How training and validation images answer to the prototypes: what a last layer is fitted on.

A bundle keeps them, so that its last layer can be fitted again in milliseconds without an image.
No sample or patient is named: rows are similarities, a label, a side of the split, and a running
number that images of one patient share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RIDGE = 2e-2  # of a last layer's fit: half of this times the squared distance to its anchor


@dataclass(frozen=True, eq=False)
class Responses:
    """The similarities of a bundle's training and validation images, and how to fit on them.

    Attributes:
        similarities: ``(N, P)`` float32, as the network gives them.
        labels: ``(N,)`` int64 class indices, or ``(N, K)`` bool of a multi-label model.
        validation: ``(N,)`` bool: whether an image is of validation; the others are of training.
        groups: ``(N,)`` int32: equal where images are of one patient, and no more than that.
        anchor: ``(K, P)`` float64: where the ridge pulls last-layer weights to. It is such that the
            trained last layer is the optimum; see :mod:`dprotonet.editing.objective`.
        class_weights: ``(K,)`` float64 > 0: of the classes in the loss.
        label_smoothing: in [0, 1): fraction of the target that is divided among the classes.
        ridge: > 0, see :data:`RIDGE`.
        nonnegative: the last layer has weights >= 0 for a prototype's own class and none for
            others (PIP-Net, Nauta et al. 2023, section 3.3).

    Raises:
        ValueError: the arrays do not belong together.
    """

    similarities: NDArray[np.float32]
    labels: NDArray[np.int64] | NDArray[np.bool_]
    validation: NDArray[np.bool_]
    groups: NDArray[np.int32]
    anchor: NDArray[np.float64]
    class_weights: NDArray[np.float64]
    label_smoothing: float = 0.0
    ridge: float = RIDGE
    nonnegative: bool = False

    def __post_init__(self) -> None:
        n, p = self.similarities.shape
        k = len(self.class_weights)
        shapes = (self.validation.shape, self.groups.shape, self.labels.shape[:1])
        if any(shape != (n,) for shape in shapes):
            raise ValueError("There are not as many labels, splits and groups as images.")
        if self.anchor.shape != (k, p) or self.labels.shape[1:] not in ((), (k,)):
            raise ValueError("Labels or anchor are of other classes or prototypes.")
        if not self.validation.any() or self.validation.all():
            raise ValueError("Responses need training and validation images.")
        if self.labels.ndim == 1 and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < k:
            raise ValueError(f"Labels must lie between 0 and {k - 1}.")
        arrays = (self.similarities, self.anchor, self.class_weights)
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError("A similarity or a weight is not finite.")
        if not (self.class_weights > 0).all() or self.ridge <= 0:
            raise ValueError("Class weights and ridge must be above 0.")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError("label_smoothing must be at least 0 and below 1.")

    @property
    def multi_label(self) -> bool:
        """Whether an image has any number of the classes."""
        return self.labels.ndim == 2

    def to_bytes(self) -> bytes:
        """A safetensors file."""
        from safetensors.numpy import save

        facts = [self.label_smoothing, self.ridge, float(self.nonnegative)]
        return save(
            {
                "similarities": np.ascontiguousarray(self.similarities, np.float32),
                "labels": np.ascontiguousarray(self.labels, np.uint8 if self.multi_label else "i8"),
                "validation": self.validation.astype(np.uint8),
                "groups": np.ascontiguousarray(self.groups, np.int32),
                "anchor": np.ascontiguousarray(self.anchor, np.float64),
                "class_weights": np.ascontiguousarray(self.class_weights, np.float64),
                "facts": np.array(facts, np.float64),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Responses:
        """The responses that :meth:`to_bytes` wrote.

        Raises:
            ValueError: the bytes are no such file.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(data)
            smoothing, ridge, nonnegative = arrays["facts"].tolist()
            labels = arrays["labels"]
            return cls(
                arrays["similarities"],
                labels.astype(bool) if labels.ndim == 2 else labels,
                arrays["validation"].astype(bool),
                arrays["groups"],
                arrays["anchor"],
                arrays["class_weights"],
                smoothing,
                ridge,
                bool(nonnegative),
            )
        except (SafetensorError, KeyError, TypeError, IndexError) as error:
            raise ValueError(f"these are no responses ({error})") from error


def running_groups(names: Sequence[str]) -> NDArray[np.int32]:
    """``(N,)`` numbers in the order of first appearance, equal where the names are: patients
    without their names."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(str(name), len(numbers)) for name in names], np.int32)
