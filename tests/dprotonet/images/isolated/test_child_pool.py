"""Children for several requests at once: lent, waited for, ended when idle."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from dprotonet.errors import ReaderBusy
from dprotonet.images.isolated.child_pool import ChildPool
from dprotonet.images.isolated.child_process import ChildLimits
from dprotonet.images.isolated.reader import IsolatedReader


@pytest.fixture
def data(photo: Callable[..., bytes]) -> bytes:
    return photo(np.zeros((4, 4), np.uint8))


def test_a_request_is_answered_while_another_child_is_busy(data: bytes) -> None:
    with IsolatedReader(children=2, wait_seconds=30) as reader, reader.child():
        assert reader.read(data).shape == (4, 4)
        assert len(reader.child_pids) == 1


def test_waiting_for_a_free_child_ends_with_a_sentence_and_starts_none(data: bytes) -> None:
    with IsolatedReader(wait_seconds=0.01) as reader:
        with reader.child(), pytest.raises(ReaderBusy, match="busy with other images"):
            reader.read(data)
        assert reader.child_pids == []
        assert reader.read(data).shape == (4, 4)


def test_who_waits_is_next(data: bytes) -> None:
    with IsolatedReader(wait_seconds=30) as reader:
        shapes: list[tuple[int, int]] = []
        thread = threading.Thread(target=lambda: shapes.append(reader.read(data).shape))
        with reader.child():
            thread.start()
            assert not shapes
        thread.join(30)
        assert shapes == [(4, 4)]


def test_one_request_after_another_needs_one_child(data: bytes) -> None:
    with IsolatedReader(children=3) as reader:
        reader.inspect(data)
        first = reader.child_pids
        reader.read(data)
        assert reader.child_pids == first


def test_a_child_that_nobody_asks_is_ended_and_another_starts_when_needed(data: bytes) -> None:
    pool = ChildPool(ChildLimits(), size=2, idle_seconds=0.02)
    with pool.child() as first, pool.child() as second:
        for child in (first, second):
            child.ask({"what": "inspect", "limits": {}}, [data])
        assert len(pool.pids) == 2
    for _ in range(500):
        if not pool.pids:
            break
        threading.Event().wait(0.01)
    assert pool.pids == []
    with pool.child() as child:
        answer, _ = child.ask({"what": "inspect", "limits": {}}, [data])
        assert answer["facts"]["rows"] == 4
    pool.close()


def test_a_busy_child_is_ended_after_its_request_when_the_reader_is_closed(data: bytes) -> None:
    reader = IsolatedReader(children=2)
    with reader.child() as busy:
        reader.read(data)
        assert len(reader.child_pids) == 1
        busy.ask({"what": "inspect", "limits": {}}, [data])
        reader.close()
        assert reader.child_pids == [busy.pid]
        busy.ask({"what": "inspect", "limits": {}}, [data])
    assert reader.child_pids == []


def test_a_pool_needs_a_child() -> None:
    with pytest.raises(ValueError):
        IsolatedReader(children=0)


def test_the_time_allowed_grows_with_the_pixels_up_to_a_most() -> None:
    limits = ChildLimits()
    assert limits.cpu(0) < limits.cpu(5_000_000) < limits.cpu(40_000_000)
    assert limits.cpu(10**12) == limits.cpu_seconds
    assert limits.wall(0, 0) < limits.wall(5_000_000, 0) < limits.wall(10**12, 0)
    assert limits.wall(0, 0) < limits.wall(0, 10**8)
    assert limits.wall(10**12, 10**12) == limits.wall_seconds
    # A frame of a tomosynthesis in JPEG 2000 takes 0.7 s; 500 small frames are asked one by one.
    assert limits.cpu(2457 * 1890) > 10 * 0.7
    assert limits.cpu(256 * 256) < 12


def test_limits_are_positive() -> None:
    with pytest.raises(ValueError, match="cpu_base is 0"):
        ChildLimits(cpu_base=0)
