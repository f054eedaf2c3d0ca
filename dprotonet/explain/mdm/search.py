"""Learning the small masks: images × nodes × areas in one graph through the frozen network.

Each node of each image has one small grid for every size. Enlarged and added to the start they are
the node's attribution. The pixels with its highest values, whatever fraction of the image they are,
should keep the node's value high where they alone are shown, and lower it where they are hidden. So
every step takes several fractions, each as a pair of soft masks that keep it and remove it, and
changes the attribution so that the gap widens. That is what the insertion and deletion curves
measure, made smooth. All sizes are learned together, so that their sum is evaluated and no vote
among them is needed afterwards.

The search begins with what random masks do to the node (:mod:`dprotonet.explain.mdm.initialise`).
Without that it begins with equal pixels, each of which shows the same fraction of the image: image
and fill are blended, as on the path of integrated gradients.

Each grid moves along its gradient, which is scaled by its own root mean square. Cells that matter
little move little; Adam scales its steps cell by cell, so that they would all move alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.masking.masks import blended, enlarged, standardised, stepped
from dprotonet.explain.masking.probe import Probe, check_gradients
from dprotonet.explain.settings import MDMSettings

WINDOW = 6  # steps whose mean gap is compared with that of the steps before; two turns of fills
GOLDEN = 0.618034  # the golden ratio less 1: its multiples fall into the widest gap left
LEAST_GRADIENT = 1e-30  # a root mean square below this moves nothing


@dataclass(eq=False)
class Subject:
    """One node of one image while it is searched."""

    probe: Probe
    node: int  # its index among the probe's nodes
    start: Tensor  # (S, S) to which the grids are added; standard deviation 1, or 0 everywhere
    grids: list[Tensor]  # (1, s, s), one for each size
    velocities: list[Tensor]  # the step that each grid took last
    gaps: list[Tensor]  # kept minus removed, mean over the fractions, step by step
    stop_reason: str = ""  # "" while it is searched

    def attribution(self) -> Tensor:
        """``(S, S)`` with mean 0 and standard deviation 1 inside the image, with the graph to the
        grids; 0 everywhere while all pixels are equal."""
        return standardised(self._total()[None], self.probe.valid_mask)[0]

    @property
    def is_even(self) -> bool:
        """Whether all pixels are still equal, so that none ranks before another."""
        return not self.gaps and not bool(self.start.any())

    def masks(self, fractions: Tensor, sharpness: float) -> Tensor:
        """``(A, S, S)``: they keep the fractions ``(A,)`` of the image that rank highest."""
        if self.is_even:
            return blended(self._total(), fractions)
        return stepped(self.attribution(), fractions, sharpness, self.probe.valid_mask)

    def _total(self) -> Tensor:
        grids = [enlarged(grid, self.probe.size) for grid in self.grids]
        return torch.cat([self.start[None], *grids]).sum(dim=0)

    def move(self, step_size: float, momentum: float) -> None:
        """One step along the gradients that the grids hold."""
        with torch.no_grad():
            for grid, velocity in zip(self.grids, self.velocities, strict=True):
                if grid.grad is None:
                    continue
                size = grid.grad.square().mean().sqrt().clamp_min(LEAST_GRADIENT)
                velocity.mul_(momentum).add_(grid.grad / size)
                grid.sub_(velocity, alpha=step_size)
                grid.grad = None


def open_subjects(
    probes: Sequence[Probe], starts: Sequence[Tensor], settings: MDMSettings
) -> list[Subject]:
    """A subject for every image and node, with its own one of the image's starts ``(Q, S, S)``."""
    return [
        Subject(
            probe,
            q,
            start[q],
            [probe.image.new_zeros(1, s, s).requires_grad_(True) for s in settings.sizes],
            [probe.image.new_zeros(1, s, s) for s in settings.sizes],
            [],
        )
        for probe, start in zip(probes, starts, strict=True)
        for q in range(len(probe.nodes))
    ]


def learn(
    subjects: Sequence[Subject],
    settings: MDMSettings,
    *,
    deadline: Callable[[], bool],
    on_step: Callable[[], None] | None = None,
) -> None:
    """Move every subject's grids until the steps or the time are used up, or a long search is flat.

    A subject that is done is left as it is, so that its result is the same alone and in a batch.

    Args:
        subjects: their grids are changed in place.
        settings: of the search.
        deadline: asked after every step whether the time is up.
        on_step: called after every step.
    """
    for step in range(settings.steps):
        active = [subject for subject in subjects if not subject.stop_reason]
        _add_gradients(active, fractions_at(step, settings), step, settings)
        for subject in active:
            subject.move(settings.step_size, settings.momentum)
            if _is_flat(subject, settings):
                subject.stop_reason = "converged"
        if on_step is not None:
            on_step()
        if deadline():
            _stop(subjects, "deadline")
        if all(subject.stop_reason for subject in subjects):
            return
    _stop(subjects, "steps")


def planned_passes(settings: MDMSettings, subjects: int) -> int:
    """Passes forward, and as many backward, of a search that is not cut short."""
    return settings.steps * settings.areas_per_step * 2 * subjects


def fractions_at(step: int, settings: MDMSettings) -> Tensor:
    """``(A,)`` fractions of the image, one in each of A equal parts of the range.

    Every step takes them at another position in their parts.
    """
    low, high = settings.areas
    count = settings.areas_per_step
    even = (torch.arange(count) + (0.5 + GOLDEN * step) % 1) / count
    return low + (high - low) * even


def _add_gradients(
    subjects: Sequence[Subject], fractions: Tensor, step: int, settings: MDMSettings
) -> None:
    """Add one step's gradient, as many pairs of masks at a time as a graph may hold."""
    pairs = [(subject, a) for subject in subjects for a in range(len(fractions))]
    fills = (torch.arange(len(fractions)) + step) % len(settings.fills)
    pairs_a_graph = max(1, subjects[0].probe.batch // 2)
    gaps: dict[int, list[Tensor]] = {id(subject): [] for subject in subjects}
    for start in range(0, len(pairs), pairs_a_graph):
        chunk = pairs[start : start + pairs_a_graph]
        chunk_gaps = _gaps(chunk, fractions, fills, settings)
        grids = [grid for subject in _subjects_of(chunk) for grid in subject.grids]
        # To the grids and to nothing else: a network that could not be copied is the caller's own.
        (-chunk_gaps.sum() / len(fractions)).backward(inputs=grids)
        for (subject, _), gap in zip(chunk, chunk_gaps.detach(), strict=True):
            gaps[id(subject)].append(gap)
    check_gradients([grid for subject in subjects for grid in subject.grids])
    for subject in subjects:
        subject.gaps.append(torch.stack(gaps[id(subject)]).mean())


def _subjects_of(chunk: Sequence[tuple[Subject, int]]) -> list[Subject]:
    """Each subject of a chunk once, in order."""
    return list(dict.fromkeys(subject for subject, _ in chunk))


def _gaps(
    chunk: Sequence[tuple[Subject, int]], fractions: Tensor, fills: Tensor, settings: MDMSettings
) -> Tensor:
    """``(n,)``: the value where a fraction is kept minus where it is removed, in one pass."""
    kept_images, removed_images, own_vectors = [], [], []
    for subject in _subjects_of(chunk):
        at = torch.tensor([a for other, a in chunk if other is subject])
        probe = subject.probe
        masks = subject.masks(fractions[at], settings.sharpness)
        with_fill = fills[at].to(probe.image.device)
        kept_images.append(probe.masked(masks, with_fill))
        removed_images.append(probe.masked(1 - masks, with_fill))
        if probe.own_vectors is not None:
            own_vectors.append(probe.own_vectors.expand(len(at), -1, -1))
    probe = chunk[0][0].probe  # network and nodes are the same for all images
    probe.work.check()
    output = probe.network.run(torch.cat(kept_images + removed_images))
    own = torch.cat(own_vectors + own_vectors) if own_vectors else None
    values = probe.values_of(output, scale=settings.search_scale, own=own)
    for subject, _ in chunk:
        subject.probe.work.count(2, 2)
    at = torch.arange(len(chunk), device=values.device)
    node = torch.tensor([subject.node for subject, _ in chunk], device=values.device)
    return values[at, node] - values[at + len(chunk), node]


def _is_flat(subject: Subject, settings: MDMSettings) -> bool:
    """Whether the last steps widened the gap by less than the patience, a fraction of the gap."""
    if settings.patience <= 0 or len(subject.gaps) < 2 * WINDOW:
        return False
    recent = torch.stack(subject.gaps[-WINDOW:]).mean()
    before = torch.stack(subject.gaps[-2 * WINDOW : -WINDOW]).mean()
    return bool(recent - before < settings.patience * recent.abs())


def _stop(subjects: Sequence[Subject], reason: str) -> None:
    for subject in subjects:
        subject.stop_reason = subject.stop_reason or reason
