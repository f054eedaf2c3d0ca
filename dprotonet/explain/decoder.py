"""Learning the small masks: images × nodes × areas in one graph through the frozen network.

Each node of each image has one small grid for every size. Enlarged and added up they are the node's
map; whatever share of the film lies highest on it should hold the node up where only that share is
shown, and let it fall where that share is hidden. So at every step several shares are drawn, each
as a pair of soft masks that keep it and remove it, and the map moves to widen the gap. That is what
the insertion and deletion curves measure, made smooth. All sizes are learned together, so that
their sum is what is judged, and no vote is needed afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dprotonet.explain.masks import enlarged, standardised, stepped
from dprotonet.explain.probe import Probe
from dprotonet.explain.settings import MDMSettings

START_SPREAD = 0.02  # of the grids' first values, beside maps of spread 1
WINDOW = 4  # steps whose mean gap is compared with that of the steps before


@dataclass(eq=False)
class Subject:
    """One node of one image on its way to a map."""

    probe: Probe
    node: int  # its place among the probe's nodes
    base: Tensor  # (S, S) what exploring found; spread 1, or 0 where nothing was explored
    grids: list[Tensor]  # (1, s, s), one for each size
    gaps: list[Tensor]  # kept minus removed, mean over the shares, step by step
    stop_reason: str = ""  # "" while it is searched

    def map(self) -> Tensor:
        """``(S, S)`` with mean 0 and spread 1 inside the film, with the graph to the grids."""
        size, total = self.probe.size, self.base
        for grid in self.grids:
            total = total + enlarged(grid, size)[0]
        return standardised(total[None], self.probe.inside)[0]


def open_subjects(
    probes: Sequence[Probe],
    bases: Sequence[Tensor],
    settings: MDMSettings,
    generator: torch.Generator,
) -> list[Subject]:
    """A subject for every image and node; all start from the same small noise."""
    noise = [START_SPREAD * torch.randn(1, s, s, generator=generator) for s in settings.sizes]
    return [
        Subject(
            probe,
            q,
            base[q],
            [one.to(probe.image, copy=True).requires_grad_(True) for one in noise],
            [],
        )
        for probe, base in zip(probes, bases, strict=True)
        for q in range(len(probe.nodes))
    ]


def learn(
    subjects: Sequence[Subject],
    settings: MDMSettings,
    generator: torch.Generator,
    *,
    deadline: Callable[[], bool],
    on_step: Callable[[], None] | None = None,
) -> None:
    """Move every subject's grids until it gains no more, or the steps or the time are used up.

    A subject that is done is left as it is, so that its map is the same alone and in company.

    Args:
        subjects: their grids are changed in place.
        settings: of the search.
        generator: draws the shares, which all subjects have in common.
        deadline: asked after every step whether the time is up.
        on_step: told after every step.
    """
    # The default 1e-8 would drown the gradient of a cosine that hardly moves.
    adam = torch.optim.Adam(
        [grid for one in subjects for grid in one.grids], lr=settings.learning_rate, eps=1e-12
    )
    for step in range(settings.steps):
        going = [one for one in subjects if not one.stop_reason]
        adam.zero_grad(set_to_none=True)  # Adam leaves alone what has no gradient
        _add_gradients(going, _shares(settings, generator), step, settings)
        adam.step()
        for one in going:
            if _is_flat(one, settings):
                one.stop_reason = "converged"
        if on_step is not None:
            on_step()
        if deadline():
            _end(subjects, "deadline")
        if all(one.stop_reason for one in subjects):
            return
    _end(subjects, "steps")


def planned_passes(settings: MDMSettings, subjects: int) -> int:
    """Passes forward, and as many backward, of a search that is not cut short."""
    return settings.steps * settings.areas_per_step * 2 * subjects


def _shares(settings: MDMSettings, generator: torch.Generator) -> Tensor:
    """``(A,)`` shares of the film, one drawn from each of A equal parts of the range."""
    low, high = settings.areas
    count = settings.areas_per_step
    even = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    return low + (high - low) * even


def _add_gradients(
    subjects: Sequence[Subject], shares: Tensor, step: int, settings: MDMSettings
) -> None:
    """Add one step's gradient, as many pairs of masks at a time as a graph may hold."""
    pairs = [(one, a) for one in subjects for a in range(len(shares))]
    fills = (torch.arange(len(shares)) + step) % len(settings.fills)
    held = max(1, subjects[0].probe.batch // 2)
    gaps: dict[int, list[Tensor]] = {id(one): [] for one in subjects}
    for start in range(0, len(pairs), held):
        chunk = pairs[start : start + held]
        found = _gaps(chunk, shares, fills, settings)
        (-found.sum() / len(shares)).backward()
        for (one, _), gap in zip(chunk, found.detach(), strict=True):
            gaps[id(one)].append(gap)
    for one in subjects:
        one.gaps.append(torch.stack(gaps[id(one)]).mean())


def _gaps(
    chunk: Sequence[tuple[Subject, int]], shares: Tensor, fills: Tensor, settings: MDMSettings
) -> Tensor:
    """``(n,)``: the node's value where a share is kept minus where it is removed, in one pass."""
    kept, removed, own = [], [], []
    for one in dict.fromkeys(one for one, _ in chunk):
        at = torch.tensor([a for other, a in chunk if other is one])
        probe = one.probe
        masks = stepped(one.map(), shares[at], settings.sharpness, probe.inside)
        with_fill = fills[at].to(probe.image.device)
        kept.append(probe.masked(masks, with_fill))
        removed.append(probe.masked(1 - masks, with_fill))
        if probe.own_vectors is not None:
            own.append(probe.own_vectors.expand(len(at), -1, -1))
    probe = chunk[0][0].probe  # network and nodes are the same for all images
    probe.check()
    output = probe.network.run(torch.cat(kept + removed))
    values = probe.values_of(
        output, scale=settings.search_scale, own=torch.cat(own + own) if own else None
    )
    for one, _ in chunk:
        one.probe.count(2, 2)
    at = torch.arange(len(chunk), device=values.device)
    node = torch.tensor([one.node for one, _ in chunk], device=values.device)
    return values[at, node] - values[at + len(chunk), node]


def _is_flat(one: Subject, settings: MDMSettings) -> bool:
    """Whether the last steps widened the gap by less than the patience, in shares of the gap."""
    if settings.patience <= 0 or len(one.gaps) < 2 * WINDOW:
        return False
    recent = torch.stack(one.gaps[-WINDOW:]).mean()
    before = torch.stack(one.gaps[-2 * WINDOW : -WINDOW]).mean()
    return bool(recent - before < settings.patience * recent.abs())


def _end(subjects: Sequence[Subject], reason: str) -> None:
    for one in subjects:
        one.stop_reason = one.stop_reason or reason
