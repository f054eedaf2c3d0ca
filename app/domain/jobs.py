"""Work of the worker: one prediction, one explanation, a batch of files, learning, a check, or a
search for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args

from app.domain.explanations import Tier
from app.domain.figures.agreement import Agreement
from dprotonet.explain.explanation import Agreement as HeatmapAgreement
from dprotonet.inference.support import Support

JobKind = Literal["predict", "explain", "agree", "batch", "learn", "check", "attach"]
"""agree: a heatmap is made again, to see whether it marks the same."""
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
ItemState = Literal[
    "waiting", "running", "done", "duplicate", "refused", "skipped", "error", "deleted"
]
"""refused: an image that the model was not made for; it was read, and gets no prediction."""
ITEM_STATES: tuple[ItemState, ...] = get_args(ItemState)
MOST_ATTEMPTS = 3
"""How often a piece of work is begun before it is given up: each attempt before died with its
worker, or could not be brought to its end."""


@dataclass(frozen=True)
class Work:
    """What is to be done, before it is a job."""

    kind: JobKind
    key: str
    """Identifies the work: two jobs that are not over never have the same one."""
    case_id: str | None = None
    frame: int = 0
    model: str | None = None
    node: str | None = None
    tier: Tier | None = None
    explanation_id: str | None = None
    """A heatmap of the node that can be shown already."""
    seed: int = 0
    site: str = ""
    """Digest of the site's settings that predictions are made under; empty for the model's own."""


@dataclass(frozen=True)
class BatchFacts:
    """What only the job of a batch, of a check, or of a search for pictures has."""

    title: str = ""
    """Name of the folder, or “12 uploaded files”."""
    folder: str | None = None
    """As :func:`dprotonet.images.file_names.stored_path` writes it."""
    explain: bool = False
    listing: bool = False
    """The folder is still to be walked."""


NO_BATCH = BatchFacts()
"""The job of a prediction or an explanation."""


@dataclass(frozen=True)
class Job:
    """One piece of work, as it stands."""

    job_id: str
    kind: JobKind
    state: JobState
    case_id: str | None
    frame: int
    model: str | None
    node: str | None
    tier: Tier | None
    """How good a heatmap is wanted; None where none is."""
    progress: float
    """0 to 1."""
    message: str
    """What it is doing or has done, or the sentence that says why it failed."""
    explanation_id: str | None
    """A heatmap of the node that can be shown: while the job is active the best so far."""
    attempts: int
    cancel_requested: bool
    seed: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    site: str = ""
    """Digest of the site's settings that predictions are made under; empty for the model's own."""

    @property
    def is_active(self) -> bool:
        """Waiting or running."""
        return self.state in ("waiting", "running")

    @property
    def awaits_first(self) -> bool:
        """Is there nothing to be shown yet?"""
        return self.is_active and self.explanation_id is None


@dataclass(frozen=True)
class BatchProgress:
    """Where a batch stands."""

    job: Job
    title: str
    """Name of the folder, or “12 uploaded files”."""
    explain: bool
    listing: bool
    """The folder is still being walked, so total grows."""
    total: int
    counts: Mapping[ItemState, int] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        """Files that are neither waiting nor running."""
        return self.total - self.counts.get("waiting", 0) - self.counts.get("running", 0)


@dataclass(frozen=True)
class BatchRow:
    """One file of a batch and what became of it."""

    position: int
    name: str
    path: str
    """Below the batch's folder, in the archive or in the upload; printable, not to be opened."""
    state: ItemState
    message: str
    case_id: str | None
    file_sha256: str
    frames: int
    label: str | None
    """None where there is no prediction, or the model refused the image."""
    probability: float | None
    probabilities: Mapping[str, float]
    """Empty without a label."""
    explanation_id: str | None
    explanation_tier: str | None
    """Empty where that was not noted yet."""
    drawn_by: str
    """What drew the heatmaps that the batch made of it: of its explanation, else the mask reader;
    empty without any."""
    verdict: str | None
    """Latest verdict signed for the case, whichever way it came."""
    heatmap_agreement: HeatmapAgreement | None = None
    """Of its explanation with itself, made again; None where that was not measured."""
    agreement: Agreement | None = None
    """Whether the last verdict on what this batch's model said agrees; None without a prediction.
    """
    same_pixels_as: str | None = None
    """Case id of the first image with the same pixels, where this one has another header."""
    support: Support | None = None
    """Whether the model was made for such an image; None: it has no gate, or did not read it."""
    shares_name: bool = False
    """Another file of the batch has the same name; noted on pages, not in exports."""
    is_hidden: bool = False
    """The reader's own read comes first, so that nothing of the model's answer stands here."""

    def hidden(self) -> BatchRow:
        """The same without anything of the model's answer or of a reader's verdict."""
        return replace(
            self,
            state="done" if self.state == "refused" else self.state,
            message="Hidden until you have locked your own read.",
            label=None,
            probability=None,
            probabilities={},
            explanation_id=None,
            explanation_tier=None,
            drawn_by="",
            heatmap_agreement=None,
            verdict=None,
            agreement=None,
            support=None,
            is_hidden=True,
        )

    @property
    def is_measured(self) -> bool | None:
        """Whether its heatmap's faithfulness was measured, which takes passes of its own: not of
        those that a mask reader draws as it predicts. None without a heatmap."""
        return self.explanation_id is not None if self.drawn_by else None

    @property
    def supported(self) -> bool | None:
        """Whether there is a label; None where the image was not read."""
        if self.support is not None:
            return self.support.supported
        return None if self.label is None else True


@dataclass(frozen=True)
class BatchPage:
    """One page of a batch's rows; ``total`` counts all pages."""

    rows: tuple[BatchRow, ...]
    total: int
    page: int
    size: int
