"""A batch's results for other programs: CSV, JSON with a manifest, Parquet, or a ZIP file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image

from app.domain.errors import Forbidden, NotFound
from app.domain.jobs import BatchRow
from app.domain.permissions import needs
from app.services import batches, image_data
from app.services.audit.recording import record_export
from app.services.checks import site_choice
from app.services.downloads.streamed import Streamed, zip_pieces
from app.services.export import csv_bytes, csv_pieces, json_bytes
from app.services.studies import blinding
from app.services.tables.row_values import attribute_shares
from app.services.workplace import Workplace
from dprotonet.tables.parquet import Kind, parquet_pieces

SCHEMA = "dprotonet-review/batch/1"
CHUNK = 500  # rows of one transaction
COLUMNS: dict[str, Kind] = {
    "position": "integer",
    "file": "text",
    "path": "text",
    "sha256": "text",
    "status": "text",
    "message": "text",
    "case": "text",
    "frames": "integer",
    "prediction": "text",
    "probability": "number",
    "supported": "flag",
    "distance": "number",
    "distance_threshold": "number",
    "reasons": "text",
    "verdict": "text",
    "same_pixels_as": "text",
    "drawn_by": "text",
    "measured": "flag",
    "heatmap_agreement": "number",
    "agreement_over": "text",
}
_OF_ALL: tuple[str, ...] = ("model", "model_sha256", "site_sha256", "schema")
"""Columns that say the same in every row."""


@needs("export")
def as_csv(workplace: Workplace, job_id: str) -> bytes:
    """A batch's results, one line a file, one column a class; of an image that the model refused
    prediction, probability and classes are empty. Of rows of a table one column an attribute says
    how much of the heatmap that the batch made lies on it."""
    table = _Table.of(workplace, job_id)
    made = csv_bytes(tuple(table.columns), table.records(_rows(workplace, job_id)))
    return record_export(workplace, made, batch=job_id)


@needs("export")
def as_parquet(workplace: Workplace, job_id: str) -> bytes:
    """The same columns with types in a Parquet file; what is empty in the CSV is null.

    Raises:
        NoParquet: pyarrow is not installed.
    """
    table = _Table.of(workplace, job_id)
    pieces = parquet_pieces(table.columns, table.records(_rows(workplace, job_id)))
    return record_export(workplace, b"".join(pieces), batch=job_id)


@needs("export")
def as_zip(workplace: Workplace, job_id: str) -> Streamed:
    """CSV, Parquet and manifest, and of every file that the batch explained its heatmap as a grey
    picture (255 is 1) that covers the image from edge to edge: ``heatmaps/POSITION.png``.

    It is made while it is sent. The audit has an entry before the first byte, and one with the
    hash of the file once all of it was sent.
    """
    table = _Table.of(workplace, job_id)
    record_export(workplace, None, batch=job_id)
    return Streamed(_with_its_hash(workplace, job_id, zip_pieces(_files(workplace, job_id, table))))


@needs("export")
def as_json(workplace: Workplace, job_id: str) -> bytes:
    """A batch's results with its manifest: hashes of every file and of the model; of an image that
    the model refused prediction, probability and probabilities are null."""
    info = _manifest(workplace, job_id)
    files = [
        _record(row)
        | {
            "probabilities": None if row.supported is False else dict(row.probabilities),
            "support": row.support.to_json() if row.support else None,
        }
        | ({"shares": attribute_shares(workplace, row)} if info["attributes"] else {})
        for row in _rows(workplace, job_id)
    ]
    made = json_bytes({"schema": SCHEMA, "manifest": info, "files": files})
    return record_export(workplace, made, batch=job_id)


@dataclass(frozen=True)
class _Table:
    """The columns of one batch, and what stands in every row."""

    info: dict[str, Any]
    """The manifest."""
    columns: dict[str, Kind]
    workplace: Workplace

    @classmethod
    def of(cls, workplace: Workplace, job_id: str) -> _Table:
        info = _manifest(workplace, job_id)
        columns = dict(COLUMNS)
        columns |= {f"p({name})": "number" for name in info["classes"]}
        columns |= {f"share({name})": "number" for name in info["attributes"]}
        columns |= {name: "text" for name in _OF_ALL}
        return cls(info, columns, workplace)

    def records(self, rows: Iterable[BatchRow]) -> Iterator[dict[str, Any]]:
        site = self.info["site"]
        same = (
            self.info["model"],
            self.info["model_sha256"],
            site["digest"] if site else "",
            SCHEMA,
        )
        extra = dict(zip(_OF_ALL, same, strict=True))
        for row in rows:
            probabilities = {f"p({name})": p for name, p in row.probabilities.items()}
            shares = {
                f"share({name})": share
                for name, share in attribute_shares(self.workplace, row).items()
            }
            yield _record(row) | _flat(row) | probabilities | shares | extra


def _rows(workplace: Workplace, job_id: str) -> Iterator[BatchRow]:
    """All rows of a batch. No transaction stays open while they are used: a browser may be slow."""
    after = -1
    while True:
        with workplace.store.read() as tx:
            who = blinding.onlooker(workplace, tx)
            rows = tx.batch_report.after(job_id, after, most=CHUNK, onlooker=who)
        yield from rows
        if len(rows) < CHUNK:
            return
        after = rows[-1].position


def _files(
    workplace: Workplace, job_id: str, table: _Table
) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "manifest.json", [json_bytes({"schema": SCHEMA, "manifest": table.info})]
    yield (
        "results.csv",
        csv_pieces(tuple(table.columns), table.records(_rows(workplace, job_id))),
    )
    yield (
        "results.parquet",
        parquet_pieces(table.columns, table.records(_rows(workplace, job_id))),
    )
    for row in _rows(workplace, job_id):
        if row.explanation_id is None:
            continue
        try:
            values = image_data.heatmap(workplace, row.explanation_id)
        except (NotFound, Forbidden):  # gone meanwhile, or to be read first
            continue
        out = io.BytesIO()
        Image.fromarray(values).save(out, format="PNG")
        yield f"heatmaps/{row.position:06d}.png", [out.getvalue()]


def _with_its_hash(workplace: Workplace, job_id: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    record_export(workplace, digest, batch=job_id)


def _manifest(workplace: Workplace, job_id: str) -> dict[str, Any]:
    state = batches.progress(workplace, job_id)
    digest = state.job.model or ""
    try:
        info = workplace.models.get(digest)
        name, classes, attributes = info.name, list(info.classes), list(info.attributes)
    except NotFound:
        name, classes, attributes = "", [], []
    return {
        "batch": state.job.job_id,
        "title": state.title,
        "state": state.job.state,
        "made_at": workplace.clock().isoformat(),
        "started_at": state.job.created_at.isoformat(),
        "model": name,
        "model_sha256": digest,
        "classes": classes,
        "attributes": attributes,
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
