"""What the baselines have in common: one raw attribution for each node, scaled to [0, 1]."""

from abc import abstractmethod
from collections.abc import Sequence

from torch import Tensor

from dprotonet.explain.masking.heatmap import Heatmap, scaled
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.method import AttributionMethod


class Baseline(AttributionMethod):
    """A method that computes the attributions of one image after the other."""

    @abstractmethod
    def raw(self, probe: Probe) -> Tensor:
        """Raw attributions ``(Q, S, S)`` of the nodes of one image."""

    def heatmaps(self, probes: Sequence[Probe]) -> list[list[Heatmap]]:
        """The raw attributions, each scaled by its own range inside the image."""
        return [[scaled(one, probe.valid_mask) for one in self.raw(probe)] for probe in probes]
