"""A row says what an image is, what is in doubt, and who is at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.cases import CaseRow
from app.domain.text import local_time
from app.views.worklist.rows import doubt_text, facts_of, holder_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROW = CaseRow(
    "c1", "a.dcm", "1.2", 1, "PA", 1, "upload", "new", "m", "sick", 0.6, None, None, None, NOW
)


def test_a_row_says_what_is_known_of_the_file() -> None:
    assert facts_of(ROW) == f"PA · {local_time(NOW)}"
    of_patient = replace(ROW, patient="PAT1", modality="DX", frames=3)
    assert facts_of(of_patient) == f"PAT1 · DX · PA · 3 frames · {local_time(NOW)}"


def test_a_doubt_has_its_reason_where_it_is_large() -> None:
    assert doubt_text(ROW) == ""
    near = replace(ROW, doubt=0.97, doubt_reason="threshold")
    assert doubt_text(near) == "Doubt 97 %, near the threshold"
    assert doubt_text(replace(near, doubt=0.2)) == "Doubt 20 %"
    assert doubt_text(replace(near, doubt=1.0, doubt_reason="caution")) == "Doubt 100 %"


def test_a_row_names_who_works_on_the_image() -> None:
    assert holder_text(ROW) == ""
    assert holder_text(replace(ROW, held_by="Anna")) == "by Anna"
    assert holder_text(replace(ROW, held_by="Anna", is_own=True)) == "by you"
