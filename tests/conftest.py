"""For all tests: processes that share a machine do not fight over its cores, nor set up twice."""

import os
from typing import Any

import pytest

# Their set-up takes seconds: a model is trained, a program and a browser are started.
WHOLE = ("tests/browser/", "tests/training/")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two test processes with two threads each wait for each other at every barrier.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def unit_of(test: str) -> str:
    """What one process does without a break: a file, or a whole folder of those above.

    Args:
        test: as pytest names it, "folder/file.py::function".
    """
    file = test.partition("::")[0]
    return "/".join(file.split("/")[:-1][:3]) if file.startswith(WHOLE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out these units where ``--dist loadfile`` asks for files."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class UnitScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    return UnitScheduling(config, log)
