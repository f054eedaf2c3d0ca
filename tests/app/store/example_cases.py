"""Cases for the store's tests."""

from __future__ import annotations

from datetime import UTC, datetime

from app.domain.cases import Case, CaseFacts

CREATED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def case(number: int, **more: object) -> Case:
    """One case; ``more`` replaces what it is made of."""
    choices = {
        "case_id": f"c{number}",
        "file_name": "a.dcm",
        "file_sha256": f"{number:064x}",
        "pixel_sha256": f"{number:064x}",
        "file_bytes": 5,
        "facts": CaseFacts("dicom", 4, 6, study_uid="1.2", burned_in_annotation=True),
        "source": "upload",
        "model": None,
        "created_at": CREATED,
    } | more
    return Case(**choices)  # type: ignore[arg-type]
