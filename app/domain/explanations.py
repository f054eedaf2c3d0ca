"""A heatmap that was computed once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class GridPlacement:
    """Where the film lies in the square network grid: what maps a heatmap back to the film."""

    stored: tuple[int, int]
    """(H, W) of the film, pixels."""
    network: int
    """Side of the network's square, pixels."""
    resized: tuple[int, int]
    """(H, W) of the film inside the square."""
    offset: tuple[int, int]
    """(row, column) of its upper left corner."""


@dataclass(frozen=True)
class SavedExplanation:
    """One node's heatmap of one frame, with what it cost and how faithful it is."""

    explanation_id: str
    case_id: str
    frame: int
    pixel_sha256: str
    model: str
    node: str
    """Canonical: class:NAME, prototype:ID or vector:ID."""
    settings_digest: str
    seed: int
    raw_range: tuple[float, float]
    value_before: float
    value_after: float
    passes_forward: int
    passes_backward: int
    seconds: float
    stop_reason: str
    faithfulness: Mapping[str, Any]
    """insertion_auc, deletion_auc and their random controls: ``Faithfulness.to_json``."""
    placement: GridPlacement
    heatmap_key: str
    """Blob: (S, S) float32 .npy on the network grid, in [0, 1]."""
    created_at: datetime
