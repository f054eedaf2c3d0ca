"""The MDM decoder: which parts of an image a detection node rests on.

After "MDM: Multiple Dynamic Masks for Visual Explanation of Neural Networks" (arXiv 2207.08046):
small masks of several sizes are learned by gradient descent through the frozen network and merged
into one heatmap, here with the map of random masks from which they start. The prototype's own
activation map is not used. A re-implementation from the abstracts and the released behaviour, with
another objective and another merge (:mod:`dprotonet.explain.mdm.search`); the published form is
:mod:`dprotonet.explain.baselines.published_mdm`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from dprotonet.explain.attribution import Attribution
from dprotonet.explain.evaluation import Cancel, Progress, conclude, open_probe, planned_for
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.masking.heatmap import inked
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.mdm import search, select
from dprotonet.explain.mdm.initialise import start_maps
from dprotonet.explain.nodes import Node
from dprotonet.explain.settings import MDMSettings

Watch = Callable[[Tensor], None]
_SEED = 2210_08336  # of the fills and masks that are drawn: the same for every call


class MDM:
    """Explains nodes of one network.

    The network may be a DProtoNet or any module that gives logits ``(N, K)``. It is copied, frozen
    and kept as long as the network lives; the network itself is left as it is.
    """

    def __init__(
        self,
        model: nn.Module,
        settings: MDMSettings | None = None,
        *,
        node: Node | None = None,
        temperature: float = 1.0,
    ) -> None:
        """Take a network, the settings, a node for calls that name none, and the calibration of its
        class probabilities."""
        self.model = model
        self.settings = settings or MDMSettings()
        self.node = node
        self.temperature = temperature

    def attribute(
        self,
        x: Tensor,
        nodes: Sequence[Node] | None = None,
        *,
        valid_mask: Tensor | None = None,
        seed: int = 0,
        deadline_s: float | None = None,
        progress: Progress | None = None,
        watch: Watch | None = None,
        cancelled: Cancel | None = None,
    ) -> list[Attribution]:
        """A map of every node of every image, all searched together.

        Args:
            x: ``(3, S, S)`` or ``(N, 3, S, S)``, normalised as the network wants it.
            nodes: Q nodes; the decoder's own if None.
            inside: ``(S, S)`` or ``(N, S, S)`` bool, False in the padding around the image.
            seed: of the random maps that the faithfulness is compared with. The maps themselves
                are the same for every seed: the search always draws the same.
            deadline_s: seconds after which no further step is made, in place of the settings' own;
                the start comes before that, choosing the blend and measuring after it.
            progress: told the share done, rising to 1.
            watch: shown the maps ``(N, Q, S, S)`` in [0, 1] as they stand after every step, and
                at last as they are given.
            cancelled: asked before every batch of passes.

        Returns:
            N × Q attributions, image by image. Maps lie on the network's device.

        Raises:
            Cancelled: ``cancelled`` said yes. Nothing is left behind.
            WrongRequest: the network has no such node.
            Unexplainable: an image or the network cannot be used as it is; the sentence says why.
        """
        images = x[None] if x.ndim == 3 else x
        if images.ndim != 4 or images.shape[-1] != images.shape[-2]:
            raise ValueError(f"Images are (3, S, S) or (N, 3, S, S), not {tuple(x.shape)}.")
        if nodes is None:
            if self.node is None:
                raise ValueError("Say which node: MDM(model, node=…) or attribute(x, [node]).")
            nodes = [self.node]
        if not nodes or not len(images):
            return []
        settings = self.settings
        if deadline_s is not None:
            settings = replace(settings, deadline_s=deadline_s)
        with torch.inference_mode(False), torch.enable_grad():
            probes = [
                open_probe(
                    self.model,
                    image,
                    nodes,
                    settings,
                    valid_mask=valid_mask[i]
                    if valid_mask is not None and valid_mask.ndim == 3
                    else valid_mask,
                    temperature=self.temperature,
                    generator=torch.Generator().manual_seed(_SEED),
                    progress=None,
                    cancelled=cancelled,
                )
                for i, image in enumerate(images)
            ]
            probes[0].need_gradient()
            report = _Together(probes, progress)
            report.plan(*_planned_passes(settings, len(nodes)))
            found = _search(probes, settings, watch)
            facts = replace(settings, deadline_s=self.settings.deadline_s)
            made = [
                one
                for probe, part in zip(probes, found, strict=True)
                for one in _concluded(probe, part, facts, seed)
            ]
            report.finish()
        return made

    def explain(
        self,
        x: Tensor,
        nodes: Sequence[Node],
        *,
        valid_mask: Tensor | None = None,
        seed: int = 0,
        progress: Progress | None = None,
        cancelled: Cancel | None = None,
    ) -> list[Explanation]:
        """The same as :meth:`attribute`, with heatmaps as arrays on the host."""
        found = self.attribute(
            x, nodes, valid_mask=valid_mask, seed=seed, progress=progress, cancelled=cancelled
        )
        return [one.explanation() for one in found]


class _Together:
    """The progress of several images in one."""

    def __init__(self, probes: Sequence[Probe], progress: Progress | None) -> None:
        self._probes, self._progress, self._told = probes, progress, 0.0
        for probe in probes:
            probe.work.progress = self._tell

    def plan(self, forward: int, backward: int) -> None:
        for probe in self._probes:
            probe.work.plan(forward, backward)

    def _tell(self, _share: float) -> None:
        share = sum(probe.work.told for probe in self._probes) / len(self._probes)
        if self._progress is not None and share > self._told:
            self._told = share
            self._progress(share)

    def finish(self) -> None:
        for probe in self._probes:
            probe.work.tell(1.0)


# Of one image: raw maps (Q, S, S), the grids of each node, and why each search ended.
_Found = tuple[Tensor, list[tuple[Tensor, ...]], list[str]]


def _search(probes: Sequence[Probe], settings: MDMSettings, watch: Watch | None) -> list[_Found]:
    nodes = len(probes[0].nodes)
    starts = start_maps(probes, settings, torch.Generator().manual_seed(_SEED))
    subjects = search.open_subjects(probes, starts, settings)

    def show(maps: Iterable[Tensor]) -> None:
        if watch is not None:
            seen = [
                inked(raw, one.probe.valid_mask).map
                for raw, one in zip(maps, subjects, strict=True)
            ]
            watch(torch.stack(seen).reshape(len(probes), nodes, *seen[0].shape))

    def late() -> bool:
        return 0 < settings.deadline_s < probes[0].work.seconds

    search.learn(
        subjects, settings, deadline=late, on_step=lambda: show(one.map() for one in subjects)
    )
    found = []
    for i, probe in enumerate(probes):
        own = subjects[i * nodes : (i + 1) * nodes]
        learned = torch.stack([one.map().detach() for one in own])
        raw = select.most_faithful(probe, starts[i], learned, settings)
        grids = [tuple(grid.detach()[0] for grid in one.grids) for one in own]
        found.append((raw, grids, [one.stop_reason for one in own]))
    show(one for raw, _, _ in found for one in raw)
    return found


def _concluded(probe: Probe, found: _Found, settings: MDMSettings, seed: int) -> list[Attribution]:
    raw, grids, reasons = found
    heatmaps = [inked(one, probe.valid_mask) for one in raw]
    made = conclude(probe, heatmaps, settings, seed=seed, stop_reason="", method="mdm")
    return [
        replace(one, masks=masks, stop_reason=reason)
        for one, masks, reason in zip(made, grids, reasons, strict=True)
    ]


def _planned_passes(settings: MDMSettings, nodes: int) -> tuple[int, int]:
    searched = search.planned_passes(settings, nodes)
    tried = settings.start_masks + select.planned_passes(settings, nodes)
    return planned_for(settings, nodes, searched + tried, searched)
