"""XProtoNet's penalties on occurrence maps, for comparison: small maps that follow the image.

Kim et al., "XProtoNet: Diagnosis in Chest Radiography with Global and Local Explanations", CVPR
2021, section 3.3. DProtoNet's masks go without them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.modeling.model import DProtoNet

_MOST_DEGREES, _MOST_SHIFT, _MOST_ZOOM = 10.0, 0.1, 0.1  # of rotation; of the side; share


class OccurrencePenalty:
    """Sparsity and affine equivariance of a model's maps, for the batch it saw last.

    Where training keeps activations behind frozen blocks, it is these that are turned and shifted,
    not the image.
    """

    def __init__(self, model: DProtoNet, sparsity: float, equivariance: float) -> None:
        """
        Args:
            model: a model with "image" masks; its inputs are noted as they come.
            sparsity: weight of the maps' mean.
            equivariance: weight of the mean distance between the map of the changed input and the
                changed map of the input.
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
        change = random_affine(len(masks), masks.device)
        model = self._model
        deep = model.backbone(changed(self._inputs, change))
        turned = model.masks(deep, model.add_on(deep), model.prototypes)
        apart = (turned - changed(masks, change)).abs().mean()
        return total + self._equivariance * apart


def random_affine(count: int, device: torch.device) -> Tensor:
    """``(N, 2, 3)`` small rotations, shifts and zooms, from torch's present random state."""
    draw = torch.rand(4, count, device=device) * 2.0 - 1.0
    angle, zoom = draw[0] * math.radians(_MOST_DEGREES), 1.0 + draw[1] * _MOST_ZOOM
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    shift = draw[2:] * 2.0 * _MOST_SHIFT  # the grid is two wide
    upper = torch.stack([cos, -sin, shift[0]], dim=1)
    return torch.stack([upper, torch.stack([sin, cos, shift[1]], dim=1)], dim=1)


def changed(maps: Tensor, change: Tensor) -> Tensor:
    """``(N, C, h, w)`` under ``change (N, 2, 3)``, bilinear, 0 outside."""
    grid = functional.affine_grid(change.to(maps.dtype), list(maps.shape), align_corners=False)
    return functional.grid_sample(maps, grid, padding_mode="zeros", align_corners=False)
