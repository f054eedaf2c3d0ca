"""The MDM decoder: which parts of an image a detection node rests on.

After "MDM: Multiple Dynamic Masks for Visual Explanation of Neural Networks" (arXiv 2207.08046):
small masks of several sizes are learned by gradient descent through the frozen network and merged
into one heatmap, here with the attribution of random masks from which they start. The prototype's
own activation map is not used. A re-implementation from the abstracts and the released behaviour,
with another objective and another merge (:mod:`dprotonet.explain.mdm.search`); the published form
is :mod:`dprotonet.explain.baselines.published_mdm`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack

import torch
from torch import Tensor, nn

from dprotonet.explain.attribution import Attribution
from dprotonet.explain.explanation import NO_READER, SEARCH
from dprotonet.explain.masking.heatmap import Heatmap, inked
from dprotonet.explain.masking.probe import Probe
from dprotonet.explain.masking.progress import CancelCallback, ProgressCallback
from dprotonet.explain.mdm import search, select
from dprotonet.explain.mdm.initialise import start_attributions
from dprotonet.explain.method import AttributionMethod, CallOptions
from dprotonet.explain.nodes import Node
from dprotonet.explain.reader import refine
from dprotonet.explain.reader.images import ReaderImages, of_tensor
from dprotonet.explain.reader.reading import own_reader, reads
from dprotonet.explain.reader.settings import ReaderSettings
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.reader.mask_reader import MaskReader

Watch = Callable[[Tensor], None]
_SEED = 2210_08336  # of the fills and masks that are drawn: the same for every call


class MDM(AttributionMethod):
    """Explains nodes of one network by the MDM decoder.

    A network that has a mask reader (:mod:`dprotonet.explain.reader`) is read: in the pass that
    predicts, or in several views of the image, after which the map may be refined. Without one, or
    with ``reader=False`` in the settings, the nodes are searched. ``drawn_by`` of an explanation
    says which.

    Heatmaps are the same for every seed, since the search has one of its own; the seed of a call is
    that of the random heatmaps with which the faithfulness is compared.

    Args:
        reader: the mask reader to use; None for that of the network, if it has one.
        draw: another number draws other fills and masks for the search, to see what depends on
            them; 0 everywhere else.
    """

    name = "mdm"

    def __init__(
        self,
        model: nn.Module,
        settings: MDMSettings | None = None,
        *,
        node: Node | None = None,
        temperature: float = 1.0,
        reader: MaskReader | None = None,
        draw: int = 0,
    ) -> None:
        super().__init__(model, settings, node=node, temperature=temperature)
        self.reader = own_reader(model) if reader is None else reader
        self.draw = draw

    def fit(
        self,
        images: Tensor | ReaderImages,
        settings: ReaderSettings | None = None,
        *,
        seed: int = 0,
        progress: ProgressCallback | None = None,
        cancelled: CancelCallback | None = None,
    ) -> MaskReader:
        """Train a mask reader for the network, and use it from now on.

        Args:
            images: like those that will be explained: some hundred, ``(N, 3, S, S)``, normalised as
                the network wants them.
            settings: of the training; None for the usual ones.
            seed: of the training.
            progress: called with the fraction done, rising to 1.
            cancelled: asked before every step.

        Returns:
            The reader, for ``MDM(model, reader=…)``.

        Raises:
            ValueError: there are too few images, or they are none.
            Unexplainable: the network gives no gradient, or no maps to read.
            Cancelled: ``cancelled`` returned True. The reader from before stays.
        """
        from dprotonet.explain.reader.fitting import fit_reader

        given = of_tensor(images, seed=seed) if isinstance(images, Tensor) else images
        trained = fit_reader(
            self.model, given, settings, seed=seed, progress=progress, cancelled=cancelled
        )
        self.reader = trained.reader
        return trained.reader

    def attribute_nodes(
        self,
        x: Tensor,
        nodes: Sequence[Node] | None = None,
        *,
        deadline_s: float | None = None,
        watch: Watch | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Attribution]:
        """Every node of every image, searched together and measured.

        Args:
            x: ``(3, S, S)`` or ``(N, 3, S, S)``, normalised as the network wants it.
            nodes: Q nodes; the decoder's own if None.
            deadline_s: seconds after which no further step is made, in place of the settings' own;
                the start comes before that, choosing the blend and measuring after it.
            watch: called with the heatmaps ``(N, Q, S, S)`` in [0, 1] after every step, and with
                those that are returned.
            options: :class:`~dprotonet.explain.method.CallOptions`.

        Returns:
            N × Q attributions, image by image. Heatmaps lie on the network's device.

        Raises:
            ValueError, Cancelled, WrongRequest, Unexplainable: as ``attribute``.
        """
        settings = self.settings
        if deadline_s is not None:
            settings = replace(settings, deadline_s=deadline_s)
        compute = partial(self._drawn, settings=settings, watch=watch)
        return self._attributions(x, nodes, options, compute)

    def heatmaps(self, probes: Sequence[Probe]) -> list[list[Heatmap]]:
        """Read the nodes of all images, or search them together."""
        return self._drawn(probes, settings=self.settings, watch=None)

    def passes(self, size: int, nodes: int) -> tuple[int, int]:
        """Of the start, of a search that is not cut short, and of choosing the blends; none where
        the nodes are read."""
        if self.settings.reader and self.reader is not None:
            return refine.planned_passes(self.settings, nodes)
        searched = search.planned_passes(self.settings, nodes)
        tried = self.settings.start_masks + select.planned_passes(self.settings, nodes)
        return searched + tried, searched

    def _drawn(
        self, probes: Sequence[Probe], *, settings: MDMSettings, watch: Watch | None
    ) -> list[list[Heatmap]]:
        reader = self._read_by(probes[0].nodes)
        if reader is not None:
            heatmaps = [refine.drawn(probe, reader, settings) for probe in probes]
            if watch is not None:
                watch(torch.stack([torch.stack([h.values for h in own]) for own in heatmaps]))
            return heatmaps
        drawn_by = NO_READER if settings.reader else SEARCH
        return [
            [replace(heatmap, drawn_by=drawn_by) for heatmap in own]
            for own in _search(probes, settings, watch, self._generator())
        ]

    def _read_by(self, nodes: Sequence[Node]) -> MaskReader | None:
        """The reader that draws these nodes; None where they are searched."""
        return self.reader if self.settings.reader and reads(self.reader, nodes) else None

    def _watched(self, nodes: Sequence[Node]) -> Sequence[str]:
        reader = self._read_by(nodes)
        return () if reader is None else reader.stage_names

    def _generator(self, seed: int = 0) -> torch.Generator:
        return torch.Generator().manual_seed(_SEED + self.draw)


def _search(
    probes: Sequence[Probe],
    settings: MDMSettings,
    watch: Watch | None,
    generator: torch.Generator,
) -> list[list[Heatmap]]:
    probes[0].need_gradient()
    nodes = len(probes[0].nodes)
    starts = start_attributions(probes, settings, generator)
    subjects = search.open_subjects(probes, starts, settings)

    def report(attributions: Iterable[Tensor]) -> None:
        if watch is not None:
            heatmaps = [
                inked(raw, subject.probe.valid_mask).values
                for raw, subject in zip(attributions, subjects, strict=True)
            ]
            watch(torch.stack(heatmaps).reshape(len(probes), nodes, *heatmaps[0].shape))

    search.learn(
        subjects,
        settings,
        deadline=lambda: 0 < settings.deadline_s < probes[0].work.seconds,
        on_step=lambda: report(subject.attribution() for subject in subjects),
    )
    blends = []
    for i, probe in enumerate(probes):
        own = subjects[i * nodes : (i + 1) * nodes]
        learned = torch.stack([subject.attribution().detach() for subject in own])
        blends.append(select.most_faithful(probe, starts[i], learned, settings))
    raw = torch.cat(blends)
    report(raw)
    heatmaps = [
        replace(
            inked(blend, subject.probe.valid_mask),
            masks=tuple(grid.detach()[0] for grid in subject.grids),
            stop_reason=subject.stop_reason,
        )
        for blend, subject in zip(raw, subjects, strict=True)
    ]
    return [heatmaps[i * nodes : (i + 1) * nodes] for i in range(len(probes))]
