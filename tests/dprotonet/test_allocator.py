import ctypes
import mmap
import platform
import sys

import pytest

from dprotonet import allocator
from dprotonet.allocator import keep_freed_memory, process_memory


def test_elsewhere_than_on_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: pytest.fail("a library was loaded"))

    assert keep_freed_memory() is False


@pytest.mark.parametrize("refused", [None, -4])
def test_it_is_true_where_the_allocator_takes_every_setting(monkeypatch, refused):
    settings: dict[int, int] = {}

    class Library:
        def mallopt(self, name: int, value: int) -> int:
            settings[name] = value
            return int(name != refused)

    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())

    assert keep_freed_memory(pad_bytes=4096) is (refused is None)
    # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX (malloc.h of glibc)
    assert settings == {-1: 2**31 - 1, -2: 4096, -4: 0}


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_process_holds_more_when_more_is_held():
    before = process_memory()
    # Mapped anew: what was freed before and kept may be had again without growing.
    with mmap.mmap(-1, 64 << 20) as held:
        held[::4096] = b"x" * (len(held) // 4096)
        after = process_memory()
    assert after.resident > before.resident + (48 << 20)
    assert after.address_space > after.resident


def test_where_the_system_does_not_say_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(allocator, "_STATM", tmp_path / "none")
    assert process_memory() is None
