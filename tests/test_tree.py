"""The plan of the house: what stands where, who imports whom, and where each module is tested."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.paths import ROOT

PACKAGES = ("dprotonet", "training", "app")
MOST_MODULES = 17  # of one folder, beside __init__.py
ROOT_MODULES = {
    "dprotonet": {"__main__", "allocator", "atomic_files", "errors", "lazy_compiler", "names"},
    "training": {"__main__", "distributed", "io", "presets", "recipe", "settings_text"},
    "app": {"__main__", "bootstrap", "environment", "main", "settings"},
}
"""What may stand at the root of a package, beside __init__.py."""

TESTED_ELSEWHERE = ROOT / "tests" / "README.md"
_LINE = re.compile(r"^- `(?P<modules>[\w./*]+)`: `(?P<test>[\w./]+)`", re.MULTILINE)


def modules() -> list[Path]:
    """Every module of the three packages, relative to the checkout."""
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py" and "migrations" not in path.parts
    )


def listed() -> dict[str, str]:
    """Modules without a test of their name, and the tests that README.md names for them."""
    lines = _LINE.findall(TESTED_ELSEWHERE.read_text(encoding="utf-8"))
    return {
        path.relative_to(ROOT).as_posix(): test
        for pattern, test in lines
        if not pattern.startswith("tests/")
        for path in ([ROOT / pattern] if "*" not in pattern else (ROOT / ".").glob(pattern))
        if path.name != "__init__.py" or "*" not in pattern
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_the_root_of_a_package_holds_what_the_plan_names(package: str) -> None:
    result = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"}
    assert result == ROOT_MODULES[package]


def test_no_folder_is_a_heap() -> None:
    counts: dict[Path, int] = {}
    for path in modules():
        counts[path.parent] = counts.get(path.parent, 0) + 1
    assert {folder: n for folder, n in counts.items() if n > MOST_MODULES} == {}


def test_no_module_is_called_by_what_it_might_hold() -> None:
    assert [path for path in modules() if path.stem in ("utils", "helpers", "misc")] == []


def test_every_module_has_a_test_of_its_name_or_a_line_that_says_where_it_is_tested() -> None:
    known = listed()
    untested = [
        path.as_posix()
        for path in modules()
        if not (ROOT / "tests" / path.parent / f"test_{path.name}").is_file()
        and path.as_posix() not in known
    ]
    assert untested == []


def test_what_the_lines_name_is_there_and_no_line_is_needless() -> None:
    for module, test in listed().items():
        assert (ROOT / module).is_file(), module
        assert (ROOT / test).exists(), test
        path = Path(module)
        assert not (ROOT / "tests" / path.parent / f"test_{path.name}").is_file(), module


def test_no_import_goes_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    order = TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    )
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
