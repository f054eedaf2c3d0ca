"""A row says what an image is, what is in doubt, and who is at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from app.domain.cases import CaseRow
from app.domain.text import local_time
from app.services.sending import asking, delivering
from app.services.workplace import Workplace
from app.views.worklist.rows import doubt_text, facts_of, holder_text
from tests.app.services.room.pools import FullPool
from tests.app.services.sending.outboxes import NOWHERE, FakeStore, sending_to, signed
from tests.app.views.screen import MAIN, Screen

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


def test_a_row_says_how_far_a_signed_read_got_on_its_way_and_the_list_is_narrowed_by_it(
    workplace: Workplace, pool: FullPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = sending_to(workplace, NOWHERE, kinds=("parametric-map",))
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: sends)
    asking.send(sends, signed(sends, pool))
    screen = Screen(AppTest.from_file(str(MAIN), default_timeout=20)).run()
    assert "to be sent" in screen.text
    assert delivering.send_next(sends, store=FakeStore())
    assert "not sent: failed" in screen.run().text
    screen.choose("To archives", "sent")
    assert "No case matches" in screen.text
    screen.choose("To archives", "failed")
    assert "not sent: failed" in screen.text
    assert screen.app.query_params["sending"] in ("failed", ["failed"])
