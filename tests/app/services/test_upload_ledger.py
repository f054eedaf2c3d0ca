"""Uploads by session: each has its own files, until it was idle for an hour."""

from pathlib import Path

import pytest

from app.services.upload_ledger import LIFE_SECONDS, Received, SessionOver, UploadLedger
from app.store.files.spool import Spool
from tests.app.services.clocks import Clock


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> UploadLedger:
    return UploadLedger(Spool(tmp_path / "spool"), clock=clock)


def received(ledger: UploadLedger, token: str, data: bytes) -> Received:
    with ledger.spool.receive() as receiving:
        ledger.arriving(token, receiving.key, len(data))
        receiving.write(data)
    file = Received(receiving.key, "a.png", len(data))
    ledger.arrived(token, file)
    return file


def test_files_on_their_way_count_until_they_arrive_or_are_given_up(ledger: UploadLedger) -> None:
    token = ledger.open()
    ledger.arriving(token, "one", 10)
    ledger.arriving(token, "two", 5)
    ledger.arriving(token, "one", 20)
    assert ledger.totals(token) == (2, 25) and ledger.held(token) == ()
    ledger.arrived(token, Received("one", "a.png", 30))
    ledger.given_up(token, "two")
    assert ledger.totals(token) == (1, 30)
    assert [file.name for file in ledger.held(token)] == ["a.png"]


def test_a_file_is_released_by_its_own_session_alone(ledger: UploadLedger) -> None:
    token, other = ledger.open(), ledger.open()
    file = received(ledger, token, b"bytes")
    source = ledger.spool.source(file.key)
    ledger.release(other, [file.key])
    assert ledger.held(token) == (file,) and source.read() == b"bytes"
    ledger.release(token, [file.key, "unknown"])
    assert ledger.held(token) == ()
    with pytest.raises(OSError):
        source.read()


def test_a_session_lives_an_hour_from_when_it_was_last_heard_of(
    ledger: UploadLedger, clock: Clock
) -> None:
    token = ledger.open()
    received(ledger, token, b"bytes")
    clock.now += LIFE_SECONDS
    assert ledger.is_open(token) and ledger.expire() == 0
    clock.now += LIFE_SECONDS + 1
    assert not ledger.is_open(token)
    with pytest.raises(SessionOver, match="Reload"):
        ledger.totals(token)
    assert ledger.expire() == 1 and ledger.expire() == 0
