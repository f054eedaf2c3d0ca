"""For all tests: processes that share a machine do not fight over its cores, nor set up twice."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.memory_disk import memory_disk

if TYPE_CHECKING:
    from tests.orthanc import Orthanc

# Their set-up takes seconds: a model is trained, a program and a browser are started.
WHOLE = ("tests/browser/", "tests/training/")

USUAL = 0.2  # seconds of a test
SECONDS = {
    "tests/browser": 5.0,
    "tests/soaks": 10.0,
    "tests/docs": 0.3,
    "tests/test_container.py": 3.0,
    "tests/test_install.py": 2.0,
    "tests/app/runtime/test_worker.py": 4.0,
    "tests/app/cli/": 0.5,
    "tests/app/views/": 0.5,
    "tests/training/": 0.5,
}
"""Of a test where they take longer, about; of units that begin so."""

is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ
if is_one_of_several:
    # Two test processes with two threads each wait for each other at every barrier.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A million objects of torch, MONAI and Streamlit stay for good: the collector need not look at them
# while they are imported, nor again after every test.
gc.disable()

if (folder := memory_disk()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))  # pytest's own way


def unit_of(test: str) -> str:
    """What one process does without a break: a file, or a whole folder of those above.

    Args:
        test: as pytest names it, "folder/file.py::function".
    """
    file = test.partition("::")[0]
    return "/".join(file.split("/")[:-1][:3]) if file.startswith(WHOLE) else file


def seconds_of(unit: str) -> float:
    """About how long one test of a unit takes."""
    return next((seconds for start, seconds in SECONDS.items() if unit.startswith(start)), USUAL)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes each begins with what takes longest, so that none waits at the end."""
    if is_one_of_several:
        tests = Counter(unit_of(item.nodeid) for item in items)
        items.sort(key=lambda item: -tests[(unit := unit_of(item.nodeid))] * seconds_of(unit))


def pytest_collection_finish() -> None:
    """The collector looks at what tests make, and seldom: they make little that lasts."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out these units where ``--dist loadfile`` asks for files, in the order of above."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class UnitScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False  # by the number of tests, which says little
    return UnitScheduling(config, log)


@pytest.fixture(scope="session")
def started_orthanc(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Orthanc]":
    """An archive that all tests share."""
    from tests.orthanc import Orthanc, orthanc_program

    archive = Orthanc(orthanc_program(), tmp_path_factory.mktemp("orthanc"))
    yield archive
    archive.stop()


@pytest.fixture
def orthanc(started_orthanc: "Orthanc") -> "Orthanc":
    """The same, empty."""
    started_orthanc.clear()
    return started_orthanc
