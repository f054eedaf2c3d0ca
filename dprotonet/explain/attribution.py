"""What a method gives: a map that stays on its device until it is asked for, and its facts."""

from dataclasses import dataclass, fields

from torch import Tensor

from dprotonet.explain.explanation import Explanation, Facts


@dataclass(frozen=True, eq=False, kw_only=True)
class Attribution(Facts):
    """One node's map on the device that made it."""

    map: Tensor  # (S, S) float32 in [0, 1]; 0 in the padding
    masks: tuple[Tensor, ...] = ()  # (s, s), the learned grid of each size, start apart; or ()

    def explanation(self) -> Explanation:
        """The same with the heatmap as an array on the host."""
        facts = {field.name: getattr(self, field.name) for field in fields(Facts)}
        return Explanation(heatmap=self.map.detach().float().cpu().numpy(), **facts)
