"""The MDM decoder: which parts of an image a detection node rests on.

After "MDM: Multiple Dynamic Masks for Visual Explanation of Neural Networks" (arXiv 2207.08046):
small masks of several sizes are learned by gradient descent through the frozen network and merged
into one heatmap. The prototype's own activation map is not used. A re-implementation from the
abstracts and the released behaviour, with another objective and another merge (see
:mod:`dprotonet.explain.settings`); the published form is ``PUBLISHED``.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dprotonet.explain import candidates, decoder, faithfulness, feature_maps
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.frozen import freeze
from dprotonet.explain.merge import Heatmap, merged
from dprotonet.explain.nodes import Node
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings

Progress = Callable[[float], None]
Cancel = Callable[[], bool]


class MDM:
    """Explains nodes of one network.

    The network may be a DProtoNet or any module that gives logits ``(N, K)``. It is copied, frozen
    and kept as long as the network lives; the network itself is left as it is.
    """

    def __init__(
        self, model: nn.Module, settings: MDMSettings | None = None, *, temperature: float = 1.0
    ) -> None:
        """Take a network, the settings and the calibration of its class probabilities."""
        self.model = model
        self.settings = settings or MDMSettings()
        self.temperature = temperature

    def explain(
        self,
        x: Tensor,
        nodes: Sequence[Node],
        *,
        inside: Tensor | None = None,
        seed: int = 0,
        progress: Progress | None = None,
        cancelled: Cancel | None = None,
    ) -> list[Explanation]:
        """Explain every node of every image.

        Args:
            x: ``(3, S, S)`` or ``(N, 3, S, S)``, normalised as the network wants it.
            nodes: Q nodes; they share the passes forward where they can.
            inside: ``(S, S)`` or ``(N, S, S)`` bool, False in the padding around the film.
            seed: of the one generator that all randomness comes from.
            progress: told the share done, rising to 1.
            cancelled: asked before every batch of passes.

        Returns:
            N × Q explanations, image by image.

        Raises:
            Cancelled: ``cancelled`` said yes. Nothing is left behind.
            WrongRequest: the network has no such node.
        """
        images = x[None] if x.ndim == 3 else x
        if images.ndim != 4 or images.shape[-1] != images.shape[-2]:
            raise ValueError(f"Images are (3, S, S) or (N, 3, S, S), not {tuple(x.shape)}.")
        if not nodes:
            return []
        found: list[Explanation] = []
        with torch.inference_mode(False), torch.enable_grad():
            for i, image in enumerate(images):
                film = inside[i] if inside is not None and inside.ndim == 3 else inside
                report = _share_of(progress, i, len(images))
                found += self._explain_one(image, nodes, film, seed, report, cancelled)
        return found

    def _explain_one(
        self,
        image: Tensor,
        nodes: Sequence[Node],
        inside: Tensor | None,
        seed: int,
        progress: Progress | None,
        cancelled: Cancel | None,
    ) -> list[Explanation]:
        generator = torch.Generator().manual_seed(seed)
        probe = open_probe(
            self.model,
            image,
            nodes,
            self.settings,
            inside=inside,
            temperature=self.temperature,
            generator=generator,
            progress=progress,
            cancelled=cancelled,
        )
        probe.plan(*_planned_passes(self.settings, len(nodes)))
        names, maps, scores, reason = _all_candidates(probe, self.settings, generator)
        heatmaps = [
            merged(maps[q], scores[q], self.settings, probe.inside) for q in range(len(nodes))
        ]
        return conclude(
            probe,
            heatmaps,
            self.settings,
            seed=seed,
            stop_reason=reason,
            method="mdm",
            candidates=[tuple(zip(names, row.tolist(), strict=True)) for row in scores],
        )


def open_probe(
    model: nn.Module,
    image: Tensor,
    nodes: Sequence[Node],
    settings: MDMSettings,
    *,
    inside: Tensor | None,
    temperature: float,
    generator: torch.Generator,
    progress: Progress | None,
    cancelled: Cancel | None,
) -> Probe:
    """One image ready to be masked, with the settings' fill and scale."""
    image = image.detach().clone().float()
    if inside is not None and bool(inside.all()):
        inside = None
    network = freeze(model, image[None], settings.precision)
    return Probe(
        network,
        image,
        nodes,
        inside=None if inside is None else inside.to(image.device),
        fill=settings.fill,
        fill_sigma=settings.fill_sigma,
        class_scale=settings.class_scale,
        temperature=temperature,
        multi_label=bool(getattr(getattr(model, "options", None), "multi_label", False)),
        batch=settings.batch,
        generator=generator,
        progress=progress,
        cancelled=cancelled,
    )


def conclude(
    probe: Probe,
    heatmaps: list[Heatmap],
    settings: MDMSettings,
    *,
    seed: int,
    stop_reason: str,
    method: str,
    candidates: Sequence[tuple[tuple[str, float], ...]] | None = None,
) -> list[Explanation]:
    """Measure the heatmaps, one for each of the probe's nodes, and write the explanations."""
    maps = torch.stack([heatmap.map for heatmap in heatmaps])
    found_passes, found_seconds = probe.forward_passes, probe.seconds
    owners = list(range(len(heatmaps)))
    after = probe.values(maps, exact=True).diagonal()
    measured = faithfulness.measure(
        probe,
        maps,
        owners,
        steps=settings.faithfulness_steps,
        area=settings.faithfulness_area,
        generator=torch.Generator().manual_seed(seed + 1),
    )
    arrays = maps.cpu().numpy()
    seconds = probe.seconds
    probe.tell(1.0)
    return [
        Explanation(
            node=node.name,
            heatmap=arrays[q],
            raw_range=heatmaps[q].raw_range,
            value_before=float(probe.before[q]),
            value_after=float(after[q]),
            passes_forward=probe.forward_passes,
            passes_backward=probe.backward_passes,
            seconds=seconds,
            stop_reason=stop_reason,
            settings_digest=settings.digest,
            seed=seed,
            faithfulness=measured[q],
            method=method,
            precision=probe.network.precision,
            nodes_in_call=len(probe.nodes),
            measuring_passes=probe.forward_passes - found_passes,
            measuring_seconds=seconds - found_seconds,
            candidates=() if candidates is None else candidates[q],
        )
        for q, node in enumerate(probe.nodes)
    ]


def _all_candidates(
    probe: Probe, settings: MDMSettings, generator: torch.Generator
) -> tuple[list[str], Tensor, Tensor, str]:
    """Names (M), maps (Q, M, S, S), own faithfulness (Q, M) and why the search ended."""
    quick = candidates.from_random_masks(
        probe, settings.random_masks, settings.gradient_masks, settings.random_cells, generator
    )
    activation = feature_maps.grad_cam(probe) if settings.class_activation else None
    if activation is not None:
        quick["activation"] = activation
    names, nodes = list(quick), len(probe.nodes)
    maps = torch.empty(nodes, 0, probe.size, probe.size).to(probe.image)
    scores, reason = maps.new_empty(nodes, 0), "done"
    if quick:
        maps = torch.stack(list(quick.values()), dim=1)
        owners = [q for q in range(nodes) for _ in names]
        flat = faithfulness.keep_and_remove(probe, maps.flatten(0, 1), owners, settings.merge_areas)
        scores = flat.reshape(nodes, -1)
    if settings.steps > 0:
        learned = decoder.learn_masks(probe, settings, generator)
        names += [f"size {size}" for size in settings.sizes]
        maps = torch.cat([maps, learned.maps], dim=1)
        scores = torch.cat([scores, learned.scores], dim=1)
        reason = learned.stop_reason
    return names, maps, scores, reason


def planned_for(settings: MDMSettings, nodes: int, forward: int, backward: int) -> tuple[int, int]:
    """A method's own passes and those that measure its maps."""
    measured = faithfulness.planned_passes(nodes, settings.faithfulness_steps)
    return forward + measured + nodes + 2, backward


def _planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    forward, backward = (0, 0)
    if settings.steps > 0:
        forward, backward = decoder.planned_passes(settings, nodes)
    forward += max(settings.random_masks, settings.gradient_masks) + settings.class_activation
    backward += settings.gradient_masks * nodes + settings.class_activation
    quick = (settings.gradient_masks > 0) + settings.class_activation
    quick += settings.random_masks >= 20
    forward += 2 * quick * nodes * len(settings.merge_areas)
    return planned_for(settings, nodes, forward, backward)


def _share_of(progress: Progress | None, i: int, count: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share: progress((i + share) / count)
