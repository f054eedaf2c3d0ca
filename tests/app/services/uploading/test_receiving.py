"""Files of a browser session: counted while they arrive, taken out once, gone after an hour."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services.uploading import receiving
from app.services.uploading.ledger import LIFE_SECONDS, SessionOver, UploadLedger
from app.services.workplace import Workplace
from app.settings import Settings
from app.store import Spool
from tests.app.services.workplaces import assets, make_place

__all__ = ["assets"]


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(tmp_path: Path, clock: Clock) -> Iterator[Workplace]:
    """Takes 3 files, 100 bytes in all, 60 in one."""
    settings = Settings(tmp_path / "data", upload_files=3, upload_bytes=100, file_bytes=60)
    made = make_place(settings)
    yield replace(made, uploads=UploadLedger(Spool(settings.spool), clock=clock))
    made.close()


@pytest.fixture
def token(place: Workplace) -> str:
    return receiving.token(place, None)


def send(place: Workplace, token: str, data: bytes, *, name: str = "a.png", size: int = 0) -> str:
    with receiving.receive(place, token, name=name, size=size) as incoming:
        for start in range(0, len(data), 10):
            incoming.write(data[start : start + 10])
    return incoming.key


def spooled(place: Workplace) -> list[Path]:
    folder = place.settings.spool
    return list(folder.iterdir()) if folder.exists() else []


def test_a_file_arrives_with_its_name_and_size_for_its_session_alone(
    place: Workplace, token: str
) -> None:
    key = send(place, token, b"x" * 25, name="ward/a.png")
    (file,) = place.uploads.held(token)
    assert (file.key, file.name, file.size) == (key, "ward/a.png", 25)
    assert place.uploads.held(receiving.token(place, None)) == ()


def test_too_large_a_file_is_refused_while_it_arrives_and_nothing_of_it_stays(
    place: Workplace, token: str
) -> None:
    with (
        pytest.raises(Refused, match="larger than 0 MiB"),
        receiving.receive(place, token, name="a.png") as incoming,
    ):
        incoming.write(b"x" * 60)
        incoming.write(b"x")
    assert spooled(place) == [] and place.uploads.totals(token) == (0, 0)


def test_a_size_that_is_stated_is_refused_before_a_byte_comes(place: Workplace, token: str) -> None:
    with pytest.raises(Refused), receiving.receive(place, token, name="a.png", size=61):
        raise AssertionError("nothing of it was to be received")
    assert spooled(place) == []


def test_a_stated_size_does_not_hide_the_true_one(place: Workplace, token: str) -> None:
    with pytest.raises(Refused):
        send(place, token, b"x" * 61, size=1)
    assert spooled(place) == []


def test_the_files_of_one_session_are_counted_together_also_those_on_their_way(
    place: Workplace, token: str
) -> None:
    send(place, token, b"x" * 40)
    with receiving.receive(place, token, name="b.png") as other:
        other.write(b"x" * 40)
        with pytest.raises(Refused, match="fit in one upload"):
            send(place, token, b"x" * 21)
        assert place.uploads.totals(token) == (2, 80)
        send(place, token, b"x" * 20)
    with pytest.raises(Refused, match="4 files; 3 fit"):
        send(place, token, b"")
    assert place.uploads.totals(token) == (3, 100) and len(spooled(place)) == 3
    send(place, receiving.token(place, None), b"x" * 60)  # another session has its own count


def test_what_is_asked_before_is_counted_with_what_is_there(place: Workplace, token: str) -> None:
    send(place, token, b"x" * 40)
    receiving.check(place, token, files=2, size=60)
    with pytest.raises(Refused, match="4 files"):
        receiving.check(place, token, files=3, size=1)
    with pytest.raises(Refused, match="1 MiB; 0 MiB fit"):
        receiving.check(place, token, files=1, size=61)


def test_files_are_taken_in_the_order_asked_for_and_each_is_let_go_of_at_once(
    place: Workplace, token: str
) -> None:
    keys = [send(place, token, bytes([n]) * 3, name=f"{n}.png") for n in range(3)]
    seen = []
    with receiving.taken(place, token, keys[::-1]) as files:
        for name, source in files:
            assert isinstance(source, Path)
            seen.append((name, source.read_bytes(), len(spooled(place))))
    assert seen == [("2.png", b"\2" * 3, 3), ("1.png", b"\1" * 3, 2), ("0.png", b"\0" * 3, 1)]
    assert spooled(place) == [] and place.uploads.totals(token) == (0, 0)


def test_files_are_let_go_of_also_when_taking_them_in_fails(place: Workplace, token: str) -> None:
    keys = [send(place, token, b"x"), send(place, token, b"y")]
    with pytest.raises(KeyError), receiving.taken(place, token, keys) as files:
        next(files)
        raise KeyError
    assert spooled(place) == []


def test_a_session_takes_and_drops_nothing_of_another(place: Workplace, token: str) -> None:
    key, other = send(place, token, b"x"), receiving.token(place, None)
    with receiving.taken(place, other, [key]) as files:
        assert list(files) == []
    place.uploads.release(other, [key])
    assert [file.key for file in place.uploads.held(token)] == [key] and len(spooled(place)) == 1


def test_an_hour_after_it_was_last_heard_of_a_session_and_its_files_are_gone(
    place: Workplace, token: str, clock: Clock
) -> None:
    send(place, token, b"x")
    clock.now += LIFE_SECONDS
    assert receiving.token(place, token) == token, "in time: its hour begins anew"
    clock.now += LIFE_SECONDS
    assert place.uploads.expire() == 0 and len(spooled(place)) == 1
    clock.now += 1
    with pytest.raises(SessionOver, match="Reload"):
        send(place, token, b"y")
    assert receiving.token(place, token) != token
    assert place.uploads.expire() == 1 and spooled(place) == []


def test_a_slow_file_keeps_its_session_alive(place: Workplace, token: str, clock: Clock) -> None:
    with receiving.receive(place, token, name="slow.png") as incoming:
        for _ in range(3):
            clock.now += LIFE_SECONDS
            incoming.write(b"x")
            assert place.uploads.expire() == 0
    assert len(place.uploads.held(token)) == 1


def test_a_session_that_ends_while_a_file_arrives_leaves_nothing_of_it(
    place: Workplace, token: str, clock: Clock
) -> None:
    with pytest.raises(SessionOver), receiving.receive(place, token, name="a.png") as incoming:
        incoming.write(b"x")
        clock.now += LIFE_SECONDS + 1
        place.uploads.expire()
    assert spooled(place) == []


@pytest.mark.parametrize("odd", ["", "guess", "\ud800", "x" * 10_000])
def test_a_token_is_not_guessed(place: Workplace, token: str, odd: str) -> None:
    with pytest.raises(SessionOver):
        receiving.check(place, odd)
    assert place.uploads.held(odd) == ()
    assert len(token) >= 40


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    place: Workplace, token: str, monkeypatch: pytest.MonkeyPatch
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
        send(place, token, b"x")
    assert spooled(place) == [] and place.uploads.totals(token) == (0, 0)


def test_a_spool_that_cannot_be_written_to_is_a_sentence(place: Workplace, token: str) -> None:
    place.settings.spool.parent.mkdir(exist_ok=True)
    if place.settings.spool.exists():
        place.settings.spool.rmdir()
    place.settings.spool.write_text("a file where the folder should be")
    with pytest.raises(receiving.NoRoom, match="data folder"):
        send(place, token, b"x")
