"""Files of a browser session: counted while they arrive, taken out once, gone after an hour."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services.upload_ledger import LIFE_SECONDS, SessionOver, UploadLedger
from app.services.uploading import receiving
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.spool import Spool
from tests.app.services.clocks import Clock
from tests.app.services.workplaces import make_workplace


@pytest.fixture
def workplace(tmp_path: Path, clock: Clock) -> Iterator[Workplace]:
    """Takes 3 files, 100 bytes in all, 60 in one."""
    settings = Settings(tmp_path / "data", upload_files=3, upload_bytes=100, file_bytes=60)
    made = make_workplace(settings)
    yield replace(made, uploads=UploadLedger(Spool(settings.spool), clock=clock))
    made.close()


@pytest.fixture
def token(workplace: Workplace) -> str:
    return receiving.token(workplace, None)


def send(
    workplace: Workplace, token: str, data: bytes, *, name: str = "a.png", size: int = 0
) -> str:
    with receiving.receive(workplace, token, name=name, size=size) as incoming:
        for start in range(0, len(data), 10):
            incoming.write(data[start : start + 10])
    return incoming.key


def spooled(workplace: Workplace) -> list[Path]:
    folder = workplace.settings.spool
    return list(folder.iterdir()) if folder.exists() else []


def test_a_file_arrives_with_its_name_and_size_for_its_session_alone(
    workplace: Workplace, token: str
) -> None:
    key = send(workplace, token, b"x" * 25, name="ward/a.png")
    (file,) = workplace.uploads.held(token)
    assert (file.key, file.name, file.size) == (key, "ward/a.png", 25)
    assert workplace.uploads.held(receiving.token(workplace, None)) == ()


def test_too_large_a_file_is_refused_while_it_arrives_and_nothing_of_it_stays(
    workplace: Workplace, token: str
) -> None:
    with (
        pytest.raises(Refused, match="larger than 0 MiB"),
        receiving.receive(workplace, token, name="a.png") as incoming,
    ):
        incoming.write(b"x" * 60)
        incoming.write(b"x")
    assert spooled(workplace) == [] and workplace.uploads.totals(token) == (0, 0)


def test_a_size_that_is_stated_is_refused_before_a_byte_comes(
    workplace: Workplace, token: str
) -> None:
    with pytest.raises(Refused), receiving.receive(workplace, token, name="a.png", size=61):
        raise AssertionError("nothing of it was to be received")
    assert spooled(workplace) == []


def test_a_stated_size_does_not_hide_the_true_one(workplace: Workplace, token: str) -> None:
    with pytest.raises(Refused):
        send(workplace, token, b"x" * 61, size=1)
    assert spooled(workplace) == []


def test_the_files_of_one_session_are_counted_together_also_those_on_their_way(
    workplace: Workplace, token: str
) -> None:
    send(workplace, token, b"x" * 40)
    with receiving.receive(workplace, token, name="b.png") as other:
        other.write(b"x" * 40)
        with pytest.raises(Refused, match="fit in one upload"):
            send(workplace, token, b"x" * 21)
        assert workplace.uploads.totals(token) == (2, 80)
        send(workplace, token, b"x" * 20)
    with pytest.raises(Refused, match="4 files; 3 fit"):
        send(workplace, token, b"")
    assert workplace.uploads.totals(token) == (3, 100) and len(spooled(workplace)) == 3
    send(
        workplace, receiving.token(workplace, None), b"x" * 60
    )  # another session has its own count


def test_what_is_asked_before_is_counted_with_what_is_there(
    workplace: Workplace, token: str
) -> None:
    send(workplace, token, b"x" * 40)
    receiving.check(workplace, token, files=2, size=60)
    with pytest.raises(Refused, match="4 files"):
        receiving.check(workplace, token, files=3, size=1)
    with pytest.raises(Refused, match="1 MiB; 0 MiB fit"):
        receiving.check(workplace, token, files=1, size=61)


def test_files_are_taken_in_the_order_asked_for_and_each_is_let_go_of_at_once(
    workplace: Workplace, token: str
) -> None:
    keys = [send(workplace, token, bytes([n]) * 3, name=f"{n}.png") for n in range(3)]
    seen = []
    with receiving.taken(workplace, token, keys[::-1]) as files:
        for name, source in files:
            seen.append((name, source.read(), len(spooled(workplace))))
    assert seen == [("2.png", b"\2" * 3, 3), ("1.png", b"\1" * 3, 2), ("0.png", b"\0" * 3, 1)]
    assert spooled(workplace) == [] and workplace.uploads.totals(token) == (0, 0)


def test_files_are_let_go_of_also_when_taking_them_in_fails(
    workplace: Workplace, token: str
) -> None:
    keys = [send(workplace, token, b"x"), send(workplace, token, b"y")]
    with pytest.raises(KeyError), receiving.taken(workplace, token, keys) as files:
        next(files)
        raise KeyError
    assert spooled(workplace) == []


def test_a_session_takes_and_drops_nothing_of_another(workplace: Workplace, token: str) -> None:
    key, other = send(workplace, token, b"x"), receiving.token(workplace, None)
    with receiving.taken(workplace, other, [key]) as files:
        assert list(files) == []
    workplace.uploads.release(other, [key])
    assert [file.key for file in workplace.uploads.held(token)] == [key] and len(
        spooled(workplace)
    ) == 1


def test_an_hour_after_it_was_last_heard_of_a_session_and_its_files_are_gone(
    workplace: Workplace, token: str, clock: Clock
) -> None:
    send(workplace, token, b"x")
    clock.now += LIFE_SECONDS
    assert receiving.token(workplace, token) == token, "in time: its hour begins anew"
    clock.now += LIFE_SECONDS
    assert workplace.uploads.expire() == 0 and len(spooled(workplace)) == 1
    clock.now += 1
    with pytest.raises(SessionOver, match="Reload"):
        send(workplace, token, b"y")
    assert receiving.token(workplace, token) != token
    assert workplace.uploads.expire() == 1 and spooled(workplace) == []


def test_a_slow_file_keeps_its_session_alive(
    workplace: Workplace, token: str, clock: Clock
) -> None:
    with receiving.receive(workplace, token, name="slow.png") as incoming:
        for _ in range(3):
            clock.now += LIFE_SECONDS
            incoming.write(b"x")
            assert workplace.uploads.expire() == 0
    assert len(workplace.uploads.held(token)) == 1


def test_a_session_that_ends_while_a_file_arrives_leaves_nothing_of_it(
    workplace: Workplace, token: str, clock: Clock
) -> None:
    with pytest.raises(SessionOver), receiving.receive(workplace, token, name="a.png") as incoming:
        incoming.write(b"x")
        clock.now += LIFE_SECONDS + 1
        workplace.uploads.expire()
    assert spooled(workplace) == []


@pytest.mark.parametrize("odd", ["", "guess", "\ud800", "x" * 10_000])
def test_a_token_is_not_guessed(workplace: Workplace, token: str, odd: str) -> None:
    with pytest.raises(SessionOver):
        receiving.check(workplace, odd)
    assert workplace.uploads.held(odd) == ()
    assert len(token) >= 40


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    workplace: Workplace, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open
    monkeypatch.setattr(
        "app.store.files.spool.os.open",
        lambda path, flags, mode=0o777: (
            opened(path, flags, mode),
            opened("/dev/full", os.O_WRONLY),
        )[1],
    )
    with pytest.raises(receiving.NoRoom, match="The disk is full"):
        send(workplace, token, b"x")
    assert spooled(workplace) == [] and workplace.uploads.totals(token) == (0, 0)


def test_a_spool_that_cannot_be_written_to_is_a_sentence(workplace: Workplace, token: str) -> None:
    workplace.settings.spool.parent.mkdir(exist_ok=True)
    if workplace.settings.spool.exists():
        workplace.settings.spool.rmdir()
    workplace.settings.spool.write_text("a file where the folder should be")
    with pytest.raises(receiving.NoRoom, match="data folder"):
        send(workplace, token, b"x")
