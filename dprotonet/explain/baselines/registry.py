"""Every way to a heatmap behind one face, so that no caller knows a method by name.

``METHODS[name](model, x, nodes, …)`` gives the same explanations as ``MDM.explain``, measured
in the same way, whatever drew the map.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, Unpack

import torch
from torch import Tensor, nn

from dprotonet.errors import WrongRequest
from dprotonet.explain.baselines import cam, extremal, perturbation, published_mdm
from dprotonet.explain.evaluation import Options, conclude, open_probe, planned_for
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.masking.heatmap import scaled
from dprotonet.explain.masking.masks import centred, smooth_masks, smooth_noise
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.nodes import Node
from dprotonet.explain.settings import MDMSettings


class Method(Protocol):
    """One way to explain the nodes of one image."""

    def __call__(
        self, model: nn.Module, x: Tensor, nodes: Sequence[Node], **options: Unpack[Options]
    ) -> list[Explanation]:
        """Explain ``x (3, S, S)``."""


def _mdm(
    model: nn.Module, x: Tensor, nodes: Sequence[Node], **options: Unpack[Options]
) -> list[Explanation]:
    decoder = MDM(model, options.get("settings"), temperature=options.get("temperature", 1.0))
    return decoder.explain(
        x,
        nodes,
        valid_mask=options.get("valid_mask"),
        seed=options.get("seed", 0),
        progress=options.get("progress"),
        cancelled=options.get("cancelled"),
    )


@dataclass(frozen=True)
class _Drawn:
    """A method that draws one map for each node and searches nothing."""

    name: str
    draw: Callable[[Probe, torch.Generator], Tensor]  # -> (Q, S, S)
    # Images forward and backward for S pixels and Q nodes, for the progress.
    passes: Callable[[int, int], tuple[int, int]] = lambda _size, _nodes: (0, 0)

    def __call__(
        self, model: nn.Module, x: Tensor, nodes: Sequence[Node], **options: Unpack[Options]
    ) -> list[Explanation]:
        settings = options.get("settings") or MDMSettings()
        seed = options.get("seed", 0)
        generator = torch.Generator().manual_seed(seed)
        with torch.inference_mode(False), torch.enable_grad():
            probe = open_probe(
                model,
                x,
                nodes,
                settings,
                valid_mask=options.get("valid_mask"),
                temperature=options.get("temperature", 1.0),
                generator=generator,
                progress=options.get("progress"),
                cancelled=options.get("cancelled"),
            )
            probe.work.plan(
                *planned_for(settings, len(nodes), *self.passes(probe.size, len(nodes)))
            )
            heatmaps = [scaled(one, probe.valid_mask) for one in self.draw(probe, generator)]
            found = conclude(
                probe, heatmaps, settings, seed=seed, stop_reason="done", method=self.name
            )
            probe.work.tell(1.0)
        return [one.explanation() for one in found]


def _centre(probe: Probe, _generator: torch.Generator) -> Tensor:
    """A Gaussian over the middle of the image, which sees no model."""
    drawn = centred(probe.size, probe.valid_mask).to(probe.image)
    return drawn.expand(len(probe.nodes), -1, -1)


def _random(probe: Probe, generator: torch.Generator) -> Tensor:
    """A smooth map drawn at random."""
    drawn = smooth_noise(1, probe.size, generator).to(probe.image)
    return drawn.expand(len(probe.nodes), -1, -1)


def _of_feature_maps(
    drawn: Callable[[Probe], Tensor | None],
) -> Callable[[Probe, torch.Generator], Tensor]:
    """Refuse a network without feature maps: an even map would pass for a finding."""

    def draw(probe: Probe, _generator: torch.Generator) -> Tensor:
        found = drawn(probe)
        if found is None:
            raise WrongRequest(
                "This network has no feature maps that can be read (one that is scripted or traced "
                "shows none), and this method makes its heatmap of them. "
                "Choose mdm, rise or another method that looks at the image alone."
            )
        return found

    return draw


def _rise(count: int) -> Callable[[Probe, torch.Generator], Tensor]:
    """RISE (Petsiuk et al. 2018): the node's mean value over the random masks that show a pixel."""

    def draw(probe: Probe, generator: torch.Generator) -> Tensor:
        masks = smooth_masks(count, probe.size, 7, generator, probe.image.device)
        values = probe.values(masks) - probe.filled
        total = torch.einsum("nq,nyx->qyx", values, masks)
        return total / masks.sum(dim=0).clamp_min(1e-6)

    return draw


_DRAWN = (
    _Drawn("mdm-published", published_mdm.search, lambda _, nodes: published_mdm.passes(nodes)),
    _Drawn("gradcam", _of_feature_maps(cam.grad_cam), lambda _, nodes: (1, nodes)),
    _Drawn("scorecam", _of_feature_maps(cam.score_cam), lambda _size, _nodes: (1280, 0)),
    _Drawn("prototype", lambda probe, _: cam.own_activation(probe), lambda *_: (1, 0)),
    _Drawn(
        "integrated-gradients",
        lambda probe, _: perturbation.integrated_gradients(probe),
        lambda _, nodes: (nodes * perturbation.GRADIENT_STEPS,) * 2,
    ),
    _Drawn(
        "occlusion",
        lambda probe, _: perturbation.occlusion(probe),
        lambda size, nodes: (perturbation.occlusion_passes(size, nodes), 0),
    ),
    _Drawn("rise", _rise(150), lambda *_: (150, 0)),
    _Drawn("rise-1000", _rise(1000), lambda *_: (1000, 0)),
    _Drawn(
        "extremal",
        lambda probe, _: extremal.extremal_perturbation(probe),
        lambda _, nodes: (extremal.passes(nodes),) * 2,
    ),
    _Drawn("centre", _centre),
    _Drawn("random", _random),
)

METHODS: Mapping[str, Method] = MappingProxyType(
    {"mdm": _mdm, **{drawn.name: drawn for drawn in _DRAWN}}
)
"""All methods by name. ``rise`` has 150 masks: on chest images 1,000 were found to be no better.
``mdm-published`` is the search of :mod:`dprotonet.explain.baselines.published_mdm`. ``gradcam`` and
``scorecam`` need feature maps, ``prototype`` a DProtoNet; where they find none, they raise
``WrongRequest``."""
