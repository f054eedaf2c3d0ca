"""What only a report says in words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from app.domain.annotations import PrototypeJudgement
from app.services.report import words


def test_a_judgement_is_said_with_its_kind_of_artefact() -> None:
    judged = PrototypeJudgement(similar=False, usefulness="artefact", artefact="device")
    assert words.judgement_text(judged) == "not similar, artefact (device)"
    assert words.judgement_text(PrototypeJudgement(usefulness="unsure")) == "unsure"


def test_times_are_those_of_one_clock_wherever_the_report_is_made() -> None:
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert words.time_text(moment) == "2026-02-28 23:30 UTC"
