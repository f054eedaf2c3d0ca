"""Every way to a heatmap behind one face, so that no caller knows a method by name.

``METHODS[name](model, x, nodes, …)`` gives the same explanations as :meth:`MDM.explain`, measured
in the same way, whatever drew the map.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor, nn

from dprotonet.explain import candidates
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.masks import smooth_masks, smooth_noise
from dprotonet.explain.mdm import MDM, conclude, open_probe, planned_for
from dprotonet.explain.merge import scaled
from dprotonet.explain.nodes import Node
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings


class Method(Protocol):
    """One way to explain the nodes of one image."""

    def __call__(
        self,
        model: nn.Module,
        x: Tensor,
        nodes: Sequence[Node],
        *,
        settings: MDMSettings | None = None,
        temperature: float = 1.0,
        inside: Tensor | None = None,
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[Explanation]:
        """Explain ``x (3, S, S)``; fill, scale and measures come from the settings."""


def _mdm(
    model: nn.Module,
    x: Tensor,
    nodes: Sequence[Node],
    *,
    settings: MDMSettings | None = None,
    temperature: float = 1.0,
    inside: Tensor | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Explanation]:
    return MDM(model, settings, temperature=temperature).explain(
        x, nodes, inside=inside, seed=seed, progress=progress, cancelled=cancelled
    )


@dataclass(frozen=True)
class _Drawn:
    """A method that draws one map for each node and searches nothing."""

    name: str
    draw: Callable[[Probe, torch.Generator], Tensor]  # -> (Q, S, S)
    passes: tuple[int, int] = (0, 0)  # forward and backward images, for the progress

    def __call__(
        self,
        model: nn.Module,
        x: Tensor,
        nodes: Sequence[Node],
        *,
        settings: MDMSettings | None = None,
        temperature: float = 1.0,
        inside: Tensor | None = None,
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[Explanation]:
        settings = settings or MDMSettings()
        generator = torch.Generator().manual_seed(seed)
        with torch.inference_mode(False), torch.enable_grad():
            probe = open_probe(
                model,
                x,
                nodes,
                settings,
                inside=inside,
                temperature=temperature,
                generator=generator,
                progress=progress,
                cancelled=cancelled,
            )
            probe.plan(*planned_for(settings, len(nodes), *self.passes))
            heatmaps = [scaled(one, probe.inside) for one in self.draw(probe, generator)]
            return conclude(
                probe, heatmaps, settings, seed=seed, stop_reason="done", method=self.name
            )


def _centre(probe: Probe, _generator: torch.Generator) -> Tensor:
    """A Gaussian over the middle of the film, which sees no model."""
    film = probe.inside
    if film is None:
        film = torch.ones(probe.size, probe.size, dtype=torch.bool, device=probe.image.device)
    rows, columns = torch.where(film)
    at = torch.arange(probe.size, device=film.device, dtype=torch.float32)
    sigma = probe.size / 4
    y = torch.exp(-0.5 * ((at - rows.float().mean()) / sigma) ** 2)
    x = torch.exp(-0.5 * ((at - columns.float().mean()) / sigma) ** 2)
    return (y[:, None] * x[None, :]).expand(len(probe.nodes), -1, -1)


def _random(probe: Probe, generator: torch.Generator) -> Tensor:
    """A smooth map drawn at random."""
    drawn = smooth_noise(1, probe.size, generator).to(probe.image)
    return drawn.expand(len(probe.nodes), -1, -1)


def _grad_cam(probe: Probe, _generator: torch.Generator) -> Tensor:
    drawn = candidates.grad_cam(probe)
    if drawn is None:  # a network without feature maps has nothing to show
        return torch.zeros(len(probe.nodes), probe.size, probe.size, device=probe.image.device)
    return drawn


def _rise(count: int) -> Callable[[Probe, torch.Generator], Tensor]:
    """RISE (Petsiuk et al. 2018): the node's mean value over the random masks that show a pixel."""

    def draw(probe: Probe, generator: torch.Generator) -> Tensor:
        masks = smooth_masks(count, probe.size, 7, generator, probe.image.device)
        values = probe.values(masks) - probe.filled
        return candidates.mean_shown_value(masks, values)

    return draw


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "mdm": _mdm,
        "gradcam": _Drawn("gradcam", _grad_cam, (1, 1)),
        "rise": _Drawn("rise", _rise(150), (150, 0)),
        "centre": _Drawn("centre", _centre),
        "random": _Drawn("random", _random),
    }
)
"""All methods by name. ``rise`` has 150 masks: on chest films 1,000 were found to be no better."""
