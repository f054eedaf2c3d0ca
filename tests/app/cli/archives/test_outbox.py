"""The commands of the outbox: what waits and why, again, and not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import arguments
from app.cli.archives import outbox
from app.cli.archives.requests import CancelSending, ListOutbox, RetrySending
from app.domain.errors import Conflict
from app.services.sending import asking, delivering
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.sending.outboxes import NOWHERE, FakeStore, sending_to, signed
from tests.app.services.workplaces import FakePool, make_workplace


@pytest.fixture
def workplace(
    tmp_path: Path, assets: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    sends = sending_to(opened, NOWHERE, kinds=("parametric-map",))

    @contextmanager
    def ready(settings: Settings) -> Iterator[Workplace]:
        yield sends

    monkeypatch.setattr(outbox, "ready_workplace", ready)
    yield sends
    opened.close()


def test_the_arguments_say_what_is_asked_for() -> None:
    assert arguments.parse(["outbox", "list"]) == ListOutbox(False)
    assert arguments.parse(["outbox", "list", "--all"]) == ListOutbox(True)
    assert arguments.parse(["outbox", "retry", "s1"]) == RetrySending("s1")
    assert arguments.parse(["outbox", "retry", "--all"]) == RetrySending(None)
    assert arguments.parse(["outbox", "cancel", "s1"]) == CancelSending("s1")
    for wrong in (["outbox"], ["outbox", "retry"], ["outbox", "retry", "s1", "--all"]):
        with pytest.raises(SystemExit):
            arguments.parse(wrong)


def test_what_failed_is_listed_with_its_reason_tried_again_and_cancelled(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    case_id = signed(workplace, FakePool())
    (row,) = asking.send(workplace, case_id)
    assert delivering.send_next(workplace, store=FakeStore())

    def said(request: outbox.OutboxRequest) -> str:
        assert outbox.run(workplace.settings, request) == 0
        return capsys.readouterr().out

    line = said(ListOutbox(all=False))
    assert line.startswith(f"{row.sending_id}  case {case_id} revision 1  Not sent to main: failed")
    assert "frame of reference" in line
    assert said(RetrySending(None)) == "1 revision to be sent again.\n"
    assert "to be sent soon" in said(ListOutbox(all=False))
    assert said(RetrySending(row.sending_id)) == f"{row.sending_id}: to be sent again.\n"
    assert said(CancelSending(row.sending_id)) == f"{row.sending_id}: cancelled.\n"
    assert said(ListOutbox(all=False)) == "" and "cancelled" in said(ListOutbox(all=True))
    with pytest.raises(Conflict):
        outbox.run(workplace.settings, CancelSending(row.sending_id))


def test_where_nothing_is_sent_the_list_says_so(
    workplace: Workplace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def ready(settings: Settings) -> Iterator[Workplace]:
        yield sending_to(workplace)

    monkeypatch.setattr(outbox, "ready_workplace", ready)
    assert outbox.run(workplace.settings, ListOutbox(all=False)) == 0
    assert "sends nothing" in capsys.readouterr().out
