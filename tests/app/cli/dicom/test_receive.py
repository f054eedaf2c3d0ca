"""The receiver as a process: killed, it loses nothing that was answered; told to, it leaves."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from app import bootstrap
from app.cli.arguments import parse
from app.cli.dicom import receive
from app.cli.main import main
from app.cli.requests import Receive
from app.receiver.receiver import CLOSING_SECONDS, GRACE_SECONDS, Listening
from app.runtime.folder_lock import FolderLock
from app.services.audit import verifying
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.receiver.processes import Running, running
from tests.app.receiver.senders import TITLE, associated, dcmtk, image
from tests.app.services.workplaces import dicom

PATIENCE = 60.0  # seconds
PLANTED = "Zuckmayer^Planted"


@contextmanager
def signals_kept() -> Iterator[None]:
    """What the command does with signals ends with the block."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture
def ready(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose database is up to date."""
    monkeypatch.setenv("DPROTONET_PATIENTS", "no")
    assert main(["migrate"]) == 0
    return data


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def stored(data: Path) -> list[str]:
    """Names of the cases' files, those that are there twice twice."""
    with closing(workplace_of(data)) as workplace, workplace.store.engine.connect() as connection:
        return list(connection.scalars(text('SELECT file_name FROM "case" ORDER BY file_name')))


def workplace_of(data: Path) -> Workplace:
    return bootstrap.open_workplace(Settings(data, patients=False))


def send(receiver: Running, numbers: list[int], answered: list[int], kill_after: int) -> None:
    """Send images one by one, and kill the receiver when so many were answered: the next one is on
    its way then."""
    with associated(receiver.listening) as association:
        for number in numbers:
            if len(answered) == kill_after:
                threading.Timer(random.uniform(0.0, 0.05), receiver.process.kill).start()
            status = association.send_c_store(image(dicom(number, name=PLANTED))).get("Status")
            if status != 0x0000:
                return
            answered.append(number)


def test_what_was_answered_survives_a_kill_and_nothing_is_taken_in_twice(
    ready: Path, log: Path
) -> None:
    answered: list[int] = []
    waiting = list(range(1, 16))
    with running(ready, log) as receiver:
        send(receiver, waiting, answered, kill_after=6)
    assert 6 <= len(answered) < len(waiting)
    there = stored(ready)
    assert {f"1.2.3.{number}.dcm" for number in answered} <= set(there)
    with running(ready, log) as receiver:  # a sender that is not sure sends all again
        send(receiver, waiting, [], kill_after=-1)
    assert sorted(stored(ready)) == sorted(f"1.2.3.{number}.dcm" for number in waiting)
    with closing(workplace_of(ready)) as workplace:
        with workplace.store.read() as tx:
            named = tx.named_blobs()
        assert named <= set(workplace.blobs.all_keys())
        assert verifying.verify(workplace).count == 0
    assert PLANTED.split("^")[0] not in log.read_text()


@pytest.fixture
def receiver(ready: Path, log: Path) -> Iterator[Running]:
    with running(ready, log) as found:
        yield found


def test_it_leaves_with_sigterm_also_while_an_association_is_open(
    receiver: Running, ready: Path
) -> None:
    with associated(receiver.listening) as association:
        assert association.send_c_store(image(dicom(1))).Status == 0x0000
        receiver.process.send_signal(signal.SIGTERM)
        assert receiver.process.wait(PATIENCE) == 0
    assert stored(ready) == ["1.2.3.1.dcm"]


def test_storescu_and_echoscu_of_dcmtk_are_understood(
    receiver: Running, ready: Path, tmp_path: Path, log: Path
) -> None:
    files = []
    for number in (1, 2, 3):
        files.append(tmp_path / f"{number}.dcm")
        files[-1].write_bytes(dicom(number, name=PLANTED))
    assert dcmtk("echoscu", receiver.listening).returncode == 0
    done = dcmtk("storescu", receiver.listening, *files)
    assert done.returncode == 0, done.stderr
    assert len(stored(ready)) == 3
    assert dcmtk("storescu", receiver.listening, *files, title="STRANGER").returncode != 0
    written = log.read_text()
    assert f"{TITLE} has opened an association" in written
    assert PLANTED.split("^")[0] not in written and "STRANGER" not in written


def test_it_ends_in_time_whatever_is_at_hand(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    @contextmanager
    def stuck(workplace: Workplace) -> Iterator[Listening]:
        signal.raise_signal(signal.SIGTERM)
        yield Listening("A", "127.0.0.1", 1)
        assert ended.wait(PATIENCE)

    monkeypatch.setattr("app.receiver.receiver.receiving", stuck)
    monkeypatch.setattr(receive, "LAST_SECONDS", 0.05)
    monkeypatch.setattr(os, "_exit", lambda status: ended.set())
    with signals_kept():
        assert main(["receive"]) == 0
    assert ended.is_set()


def test_a_second_one_on_the_same_folder_is_refused(
    ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DPROTONET_RECEIVE_FROM", TITLE)
    with FolderLock(Settings(ready).receiver_lock, note="receiver, process 17"), signals_kept():
        assert main(["receive"]) == 1
    assert "receiver, process 17" in capsys.readouterr().err


def test_a_database_of_another_version_is_refused(
    data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["receive"]) == 1
    assert "python -m app migrate" in capsys.readouterr().err


def test_it_is_refused_where_nobody_may_send(
    ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.delenv("DPROTONET_RECEIVE_FROM", raising=False)
    with signals_kept():
        assert main(["receive"]) == 1
    assert "DPROTONET_RECEIVE_FROM" in capsys.readouterr().err


def test_what_is_at_hand_has_its_time_before_the_process_ends() -> None:
    assert receive.LAST_SECONDS > GRACE_SECONDS + CLOSING_SECONDS


def test_the_command_is_receive() -> None:
    assert parse(["receive"]) == Receive()
