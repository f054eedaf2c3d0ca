"""What networks with prototypes and networks with concepts have in common: the last layer.

Letters: N batch, K classes, P reasons.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dprotonet.modeling.digests import RawTensor, tensors_digest
from dprotonet.modeling.reader.mask_reader import MaskReader
from dprotonet.modeling.reasons.options import ReasonsOptions

# The names that safetensors gives to the types a state can hold.
DTYPE_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.float64: "F64", torch.int64: "I64"}


class ReasonsNetwork(nn.Module):
    """A network whose logits are sums over P reasons, each with one number for an image.

    Attributes:
        options: what it is built from.
        head: ``(K, P)`` weights, without a bias.
        log_scale: of the factor on all numbers before they are weighed.
    """

    options: ReasonsOptions
    head: nn.Linear
    log_scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._reader: tuple[MaskReader | None] = (None,)  # a tuple: no part of the state

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """The P stable names of the reasons."""
        return self.options.prototype_ids

    @property
    def mask_reader(self) -> MaskReader | None:
        """What marks this network's nodes in one pass; beside the network, no part of its state."""
        return self._reader[0]

    def keep_reader(self, reader: MaskReader | None) -> None:
        """Keep the mask reader that was trained for this network, or none."""
        self._reader = (reader,)

    def contributions(self, similarities: Tensor) -> Tensor:
        """What each reason adds to each logit.

        Args:
            similarities: ``(N, P)``, the reasons' numbers.

        Returns:
            ``(N, K, P)``; the logits are its sum over P, by definition.
        """
        return similarities.unsqueeze(1) * (self.head.weight * self.log_scale.exp())

    def parts(self) -> dict[str, dict[str, Tensor]]:
        """All tensors of the state by part, each a dict from state key to the live tensor."""
        groups: dict[str, dict[str, Tensor]] = {part: {} for part in self.options.parts}
        for key, tensor in self.state_dict(keep_vars=True).items():
            groups[self.options.part_of(key)][key] = tensor
        return groups

    def part_digests(self) -> dict[str, str]:
        """SHA-256 of every part's current tensors, 64 hex digits by part."""
        return {
            part: tensors_digest(
                RawTensor(key, DTYPE_NAMES[t.dtype], tuple(t.shape), _bytes(t))
                for key, t in tensors.items()
            )
            for part, tensors in self.parts().items()
        }


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().numpy().tobytes()
