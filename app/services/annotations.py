"""Annotations: searched by filters, exported as CSV or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Literal

from app.domain.annotations import AnnotationFilters, AnnotationPage, AnnotationRow
from app.domain.permissions import needs, within
from app.domain.studies.onlooker import Onlooker
from app.services.audit.recording import record_export
from app.services.export import csv_bytes, json_bytes
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

SCHEMA = "dprotonet-review/annotations/2"
COLUMNS = (
    "case",
    "file",
    "file_sha256",
    "pixel_sha256",
    "pixel_hash",
    "frame",
    "revision",
    "is_latest",
    "signed_at",
    "reader",
    "verdict",
    "predicted_label",
    "predicted_probability",
    "support",
    "agrees",
    "corrected_label",
    "confidence",
    "text",
    "model",
    "model_sha256",
    "prototype_judgements",
    "reason",
    "region",
    "judged_map",
    "marks",
    "tried",
    "active_seconds",
    "audit_sequence",
    "audit_hash",
    "schema",
)


@needs("see cases")
def search(
    workplace: Workplace,
    filters: AnnotationFilters | None = None,
    *,
    page: int = 0,
    size: int = 50,
) -> AnnotationPage:
    """One page of the annotations, as the filters narrow and order them, but for those of images
    that the reader is to read first."""
    with workplace.store.read() as tx:
        return tx.annotations.page(
            filters or AnnotationFilters(),
            page=max(page, 0),
            size=size,
            onlooker=blinding.onlooker(workplace, tx),
        )


@needs("see cases")
def readers(workplace: Workplace) -> tuple[str, ...]:
    """Names of all who signed something."""
    with workplace.store.read() as tx:
        return tx.annotations.readers()


@needs("export")
def export(
    workplace: Workplace,
    filters: AnnotationFilters | None = None,
    *,
    format: Literal["csv", "json"] = "csv",
) -> bytes:
    """All annotations that the filters leave, UTF-8, but for those of images that whoever exports
    is to read first; the audit records it."""
    with workplace.store.read() as tx:
        onlooker = blinding.onlooker(workplace, tx)
        made = _written(workplace, tx, filters, format, onlooker)
    return record_export(workplace, made)


@within
def written(
    workplace: Workplace,
    filters: AnnotationFilters | None = None,
    *,
    format: Literal["csv", "json"] = "csv",
) -> bytes:
    """The same file for a program of our own, of all of them and without a record."""
    with workplace.store.read() as tx:
        return _written(workplace, tx, filters, format, None)


def _written(
    workplace: Workplace,
    tx: Transaction,
    filters: AnnotationFilters | None,
    format: Literal["csv", "json"],
    onlooker: Onlooker | None,
) -> bytes:
    rows = tx.annotations.iterate(filters or AnnotationFilters(), onlooker=onlooker)
    records = [_record(row) for row in rows]
    if format == "json":
        document = {"schema": SCHEMA, "made_at": workplace.clock().isoformat()}
        return json_bytes(document | {"annotations": records})
    flat = [
        record
        | {"prototype_judgements": _flat(record["prototype_judgements"]), "schema": SCHEMA}
        | {name: json.dumps(record[name]) if record[name] else "" for name in ("marks", "tried")}
        for record in records
    ]
    return csv_bytes(COLUMNS, flat)


def _record(row: AnnotationRow) -> dict[str, Any]:
    annotation = row.annotation
    return {
        "case": annotation.case_id,
        "file": row.file_name,
        "file_sha256": row.file_sha256,
        "pixel_sha256": row.pixel_sha256,
        "pixel_hash": row.pixel_hash,
        "frame": annotation.frame,
        "revision": annotation.revision,
        "is_latest": row.is_latest,
        "signed_at": annotation.created_at.isoformat(),
        "reader": annotation.reader,
        "verdict": annotation.verdict,
        "predicted_label": annotation.predicted_label,
        "predicted_probability": annotation.predicted_probability,
        "support": annotation.support,
        "agrees": annotation.agrees,
        "corrected_label": annotation.corrected_label,
        "confidence": annotation.confidence,
        "text": annotation.text,
        "model": annotation.model_name,
        "model_sha256": annotation.model,
        "prototype_judgements": {
            name: asdict(judgement) for name, judgement in annotation.prototype_judgements.items()
        },
        "reason": annotation.reason,
        "region": annotation.region,
        "judged_map": annotation.judged_map,
        "marks": [mark.to_json() for mark in annotation.marks],
        "tried": [dict(entry) for entry in annotation.tried],
        "active_seconds": annotation.active_seconds,
        "audit_sequence": annotation.audit_sequence,
        "audit_hash": annotation.audit_hash,
    }


def _flat(judgements: dict[str, dict[str, Any]]) -> str:
    parts = []
    for name, judgement in judgements.items():
        similar = {True: "similar", False: "not similar", None: ""}[judgement["similar"]]
        words = [similar, judgement["usefulness"] or "", judgement["artefact"] or ""]
        parts.append(f"{name}: " + ", ".join(word for word in words if word))
    return "; ".join(parts)
