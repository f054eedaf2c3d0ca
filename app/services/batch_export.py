"""A batch's results for other programs: CSV, or JSON with a manifest."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.domain.errors import NotFound
from app.domain.jobs import BatchRow
from app.domain.permissions import needs
from app.services import batches
from app.services.audit.recording import record_export
from app.services.checks import site_choice
from app.services.export import csv_bytes, json_bytes
from app.services.studies import blinding
from app.services.workplace import Workplace

SCHEMA = "dprotonet-review/batch/1"
COLUMNS = (
    "position",
    "file",
    "path",
    "sha256",
    "status",
    "message",
    "case",
    "frames",
    "prediction",
    "probability",
    "supported",
    "distance",
    "distance_threshold",
    "reasons",
    "verdict",
    "same_pixels_as",
    "drawn_by",
    "measured",
    "heatmap_agreement",
    "agreement_over",
)


@needs("export")
def as_csv(workplace: Workplace, job_id: str) -> bytes:
    """A batch's results, one line a file, one column a class; of an image that the model refused
    prediction, probability and classes are empty."""
    info = _manifest(workplace, job_id)
    classes = [f"p({name})" for name in info["classes"]]
    with workplace.store.read() as tx:
        records = [
            _record(row) | _flat(row) | {f"p({name})": p for name, p in row.probabilities.items()}
            for row in tx.batch_report.iterate(job_id, onlooker=blinding.onlooker(workplace, tx))
        ]
    extra = {
        "model": info["model"],
        "model_sha256": info["model_sha256"],
        "site_sha256": info["site"]["digest"] if info["site"] else "",
        "schema": SCHEMA,
    }
    columns = (*COLUMNS, *classes, *extra)
    made = csv_bytes(columns, (record | extra for record in records))
    return record_export(workplace, made, batch=job_id)


@needs("export")
def as_json(workplace: Workplace, job_id: str) -> bytes:
    """A batch's results with its manifest: hashes of every file and of the model; of an image that
    the model refused prediction, probability and probabilities are null."""
    info = _manifest(workplace, job_id)
    with workplace.store.read() as tx:
        files = [
            _record(row)
            | {
                "probabilities": None if row.supported is False else dict(row.probabilities),
                "support": row.support.to_json() if row.support else None,
            }
            for row in tx.batch_report.iterate(job_id, onlooker=blinding.onlooker(workplace, tx))
        ]
    made = json_bytes({"schema": SCHEMA, "manifest": info, "files": files})
    return record_export(workplace, made, batch=job_id)


def _manifest(workplace: Workplace, job_id: str) -> dict[str, Any]:
    state = batches.progress(workplace, job_id)
    digest = state.job.model or ""
    try:
        info = workplace.models.get(digest)
        name, classes = info.name, list(info.classes)
    except NotFound:
        name, classes = "", []
    return {
        "batch": state.job.job_id,
        "title": state.title,
        "state": state.job.state,
        "made_at": workplace.clock().isoformat(),
        "started_at": state.job.created_at.isoformat(),
        "model": name,
        "model_sha256": digest,
        "classes": classes,
        "site": _site(workplace, digest, state.job.site),
        "explained": state.explain,
        "files": state.total,
        "counts": dict(state.counts),
        "note": "Research use, not for diagnosis.",
    }


def _site(workplace: Workplace, model: str, digest: str) -> dict[str, Any] | None:
    """The site's settings that all files were predicted under; None for the model's own."""
    if not digest:
        return None
    with workplace.store.read() as tx:
        stamp = site_choice.settings(tx, model, digest).stamp
    return {**asdict(stamp), "text": stamp.text}


def _record(row: BatchRow) -> dict[str, Any]:
    return {
        "position": row.position,
        "file": row.name,
        "path": row.path,
        "sha256": row.file_sha256,
        "status": row.state,
        "message": row.message,
        "case": row.case_id,
        "frames": row.frames,
        "prediction": row.label,
        "probability": row.probability,
        "supported": row.supported,
        "verdict": row.verdict,
        "same_pixels_as": row.same_pixels_as,
        "explanation": row.explanation_id,
        "explanation_tier": row.explanation_tier,
        "drawn_by": row.drawn_by,
        "measured": row.is_measured,
        "heatmap_agreement": row.heatmap_agreement.overlap if row.heatmap_agreement else None,
        "agreement_over": row.heatmap_agreement.over if row.heatmap_agreement else None,
    }


def _flat(row: BatchRow) -> dict[str, Any]:
    """The support in columns; empty where the model has no gate."""
    if row.support is None:
        return {}
    return {
        "distance": row.support.distance,
        "distance_threshold": row.support.threshold,
        "reasons": "; ".join(row.support.reasons),
    }
