"""The network of a bundle with all that another program needs of it as outputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dprotonet.bundle.bundle import Bundle
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.freezing.network_copy import sharing_copy
from dprotonet.modeling.gate_stage import quarter_means
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.portable.named_outputs import NamedOutputs, Output
from dprotonet.modeling.support_distance import SupportDistance

LOGITS, PROBABILITIES, SIMILARITIES, DISTANCE = (
    "logits",
    "probabilities",
    "similarities",
    "support_distance",
)


class _Probabilities(nn.Module):
    """The bundle's calibration."""

    offsets: Tensor

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self._temperature = bundle.temperature
        self._multi_label = bundle.multi_label
        offsets = [(bundle.offsets or {}).get(name, 0.0) for name in bundle.classes]
        self.register_buffer("offsets", torch.tensor(offsets))

    def forward(self, result: object, _seen: object) -> Tensor:
        """``(N, K)`` in [0, 1]."""
        odds = logits_of(result) / self._temperature + self.offsets
        return odds.sigmoid() if self._multi_label else odds.softmax(dim=1)


class _Distance(nn.Module):
    """How far an image is from the training images, as
    :class:`~dprotonet.modeling.support_distance.SupportDistance` computes it."""

    mean: Tensor
    scale: Tensor
    axes: Tensor
    variances: Tensor

    def __init__(self, distance: SupportDistance, module: str) -> None:
        super().__init__()
        self._module, self._rest = module, distance.rest
        for name in ("mean", "scale", "axes", "variances"):
            self.register_buffer(name, getattr(distance, name).double())

    def forward(self, _result: object, seen: dict[str, Tensor]) -> Tensor:
        """``(N,)``, about 1 of an image like those that it was fitted to."""
        z = (quarter_means(seen[self._module]).double() - self.mean) / self.scale
        along = z @ self.axes.T
        beside = (z.square().sum(1) - along.square().sum(1)).clamp(min=0.0)
        squared = (along.square() / self.variances).sum(1) + beside / self._rest
        return (squared / z.shape[1]).sqrt().float()


def _similarities(result: object, _seen: object) -> Tensor:
    similarities: Tensor = result.similarities  # type: ignore[attr-defined]
    return similarities


def portable_network(predictor: Predictor) -> NamedOutputs:
    """The folded network of a predictor on the CPU, with these outputs:

    * ``logits (N, K)`` and ``probabilities (N, K)``, by the bundle's own calibration;
    * ``similarities (N, P)``, where it has prototypes;
    * ``support_distance (N,)``, where it has a gate that measures one. From the metadata's limit on
      an image is none that the model was made for, and its probabilities are not to be shown.
    """
    bundle = predictor.bundle
    outputs: dict[str, Output] = {
        LOGITS: lambda result, _seen: logits_of(result),
        PROBABILITIES: _Probabilities(bundle),
    }
    if bundle.has_prototypes:
        outputs[SIMILARITIES] = _similarities
    watch = []
    if bundle.support_limits is not None and bundle.support_distance is not None:
        watch = [f"backbone.{bundle.support_limits.stage}"]
        outputs[DISTANCE] = _Distance(bundle.support_distance, watch[0])
    network = sharing_copy(predictor.network.network).to(memory_format=torch.contiguous_format)
    return NamedOutputs(network, outputs, watch).eval().requires_grad_(False)
