"""What a method computes: heatmaps that stay on their device until they are asked for."""

from dataclasses import dataclass

from torch import Tensor

from dprotonet.explain.explanation import Explanation, Facts, Faithfulness


@dataclass(frozen=True, eq=False, kw_only=True)
class Attribution(Facts):
    """One node's heatmap on the device that computed it."""

    faithfulness: Faithfulness
    heatmap: Tensor  # (S, S) float32 in [0, 1]; 0 in the padding
    masks: tuple[Tensor, ...] = ()  # (s, s): the grid learned for each size, without the start

    def explanation(self) -> Explanation:
        """The same with the heatmap as an array on the host."""
        return Explanation(heatmap=self.heatmap.detach().float().cpu().numpy(), **self.facts)
