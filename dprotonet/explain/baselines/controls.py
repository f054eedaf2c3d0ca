"""Controls that see no network: what a method has to beat."""

from torch import Tensor

from dprotonet.explain.baselines.baseline import Baseline
from dprotonet.explain.masking.masks import centred, smooth_noise
from dprotonet.explain.masking.probe import Probe


class CentredGaussian(Baseline):
    """A Gaussian over the middle of the image."""

    name = "centre"

    def raw(self, probe: Probe) -> Tensor:
        """The same for every node, ``(Q, S, S)``."""
        gaussian = centred(probe.size, probe.valid_mask).to(probe.image)
        return gaussian.expand(len(probe.nodes), -1, -1)

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """None."""
        return 0, 0


class RandomSmooth(Baseline):
    """A smooth random heatmap, the same for every node."""

    name = "random"

    def raw(self, probe: Probe) -> Tensor:
        """The same for every node, ``(Q, S, S)``."""
        noise = smooth_noise(1, probe.size, probe.generator).to(probe.image)
        return noise.expand(len(probe.nodes), -1, -1)

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """None."""
        return 0, 0
