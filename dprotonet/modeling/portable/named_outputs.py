"""A network whose forward gives a fixed row of named tensors, as exporters want it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from dprotonet.modeling.reader.watching import outputs_watched

Output = Callable[[object, Mapping[str, Tensor]], Tensor]
"""From what the network gave, and what watched modules gave, to one tensor of N rows."""


class NamedOutputs(nn.Module):
    """A network with the outputs that somebody asked for, in their order.

    Args:
        network: gives logits or an :class:`~dprotonet.modeling.model.Inference`.
        outputs: by name. A module among them keeps its tensors as this one's.
        watch: modules inside the network whose outputs are needed.
    """

    def __init__(
        self, network: nn.Module, outputs: Mapping[str, Output], watch: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.network = network
        self.names = tuple(outputs)
        self._outputs = tuple(outputs.values())
        self._parts = nn.ModuleList(o for o in self._outputs if isinstance(o, nn.Module))
        self._watch = tuple(watch)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """``(N, 3, S, S)`` normalised images to one tensor a name."""
        with outputs_watched(self.network, self._watch) as seen:
            result = self.network(image)
        return tuple(output(result, seen) for output in self._outputs)
