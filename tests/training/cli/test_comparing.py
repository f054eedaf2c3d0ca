"""The one process that comparisons need; the rest is tried by the commands that share it."""

import pytest

from dprotonet.errors import ReadableError
from training import distributed
from training.cli.comparing import check_one_process


def test_a_comparison_is_not_started_by_torchrun(monkeypatch):
    check_one_process("compare")
    monkeypatch.setattr(distributed, "is_shared", lambda: True)
    with pytest.raises(ReadableError, match="concepts trains in one process"):
        check_one_process("concepts")
