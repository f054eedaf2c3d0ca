"""Where the files of a batch stand."""

from __future__ import annotations

from app.domain.figures.batch_view import BatchFilters
from app.services import batches
from app.services.workplace import Workplace


def states(workplace: Workplace, job_id: str) -> list[tuple[str, str]]:
    """Name and state of every file."""
    return [(row.name, row.state) for row in batches.rows(workplace, job_id).rows]


def running_file(workplace: Workplace, job_id: str) -> str:
    """The file at hand; empty when there is none."""
    rows = batches.rows(workplace, job_id, filters=BatchFilters(states=("running",))).rows
    return rows[0].name if rows else ""
