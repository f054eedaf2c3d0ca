"""The memory of a process is that of the process, and grows with it."""

import sys

import numpy as np
import pytest

from app.runtime import memory


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_it_grows_with_what_is_held() -> None:
    before = memory.resident_bytes()
    held = np.ones(8 << 20, dtype=np.uint64)  # 64 MiB
    assert held[-1] == 1 and memory.resident_bytes() > before + (48 << 20)


def test_where_the_system_does_not_say_it_is_0(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(memory, "_STATM", tmp_path / "none")
    assert memory.resident_bytes() == 0
