"""XProtoNet's penalties on occurrence maps, for comparison: sparse maps that follow the image.

Kim et al., "XProtoNet: Diagnosis in Chest Radiography with Global and Local Explanations", CVPR
2021, section 3.3. DProtoNet's masks go without them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.model import DProtoNet

_MAX_DEGREES, _MAX_SHIFT, _MAX_ZOOM = 10.0, 0.1, 0.1  # degrees; fraction of the side; fraction


class OccurrencePenalty:
    """Sparsity and affine equivariance of a model's maps, for the batch it saw last.

    Where training caches activations behind frozen blocks, the activations are transformed instead
    of the image.
    """

    def __init__(self, model: DProtoNet, sparsity: float, equivariance: float) -> None:
        """
        Args:
            model: a model with "image" masks; its inputs are noted as they come.
            sparsity: weight of the maps' mean.
            equivariance: weight of the mean distance between the map of the transformed input and
                the transformed map of the input.
        """
        self._model, self._sparsity, self._equivariance = model, sparsity, equivariance
        self._inputs: Tensor | None = None
        model.register_forward_pre_hook(self._note)

    def _note(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._inputs = inputs[0] if torch.is_grad_enabled() else None

    def __call__(self, masks: Tensor) -> Tensor:
        """A scalar for ``masks (N, P, h, w)`` of the inputs that the model saw last."""
        total = self._sparsity * masks.mean()
        if not self._equivariance or self._inputs is None:
            return total
        affine = random_affine(len(masks), masks.device)
        model = self._model
        features = model.backbone(transformed(self._inputs, affine))
        masks_of_transformed = model.masks(features, model.cells(features), model.prototypes)
        distance = (masks_of_transformed - transformed(masks, affine)).abs().mean()
        return total + self._equivariance * distance


def random_affine(count: int, device: torch.device) -> Tensor:
    """``(N, 2, 3)`` small rotations, shifts and zooms, from torch's current random state."""
    uniform = torch.rand(4, count, device=device) * 2.0 - 1.0
    angle, zoom = uniform[0] * math.radians(_MAX_DEGREES), 1.0 + uniform[1] * _MAX_ZOOM
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    shift = uniform[2:] * 2.0 * _MAX_SHIFT  # the grid is two wide
    upper = torch.stack([cos, -sin, shift[0]], dim=1)
    return torch.stack([upper, torch.stack([sin, cos, shift[1]], dim=1)], dim=1)


def transformed(maps: Tensor, affine: Tensor) -> Tensor:
    """``maps (N, C, h, w)`` under ``affine (N, 2, 3)``: bilinear, 0 outside."""
    grid = functional.affine_grid(affine.to(maps.dtype), list(maps.shape), align_corners=False)
    return functional.grid_sample(maps, grid, padding_mode="zeros", align_corners=False)
