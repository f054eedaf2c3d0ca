"""Each threat has what stands against it, and a test that is there."""

import re

import pytest

from tests.paths import ROOT

ROWS = [
    line.strip("|").split(" | ")
    for line in (ROOT / "docs" / "threat-model.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| Threat |")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:40])
def test_a_threat_names_tests_that_are_there(row: list[str]) -> None:
    _, stands_against, tested = row
    paths = re.findall(r"`(tests/[\w./]+)`", tested)
    assert stands_against.strip() and paths
    for path in paths:
        assert "def test_" in (ROOT / path).read_text("utf-8"), path


def test_there_are_threats() -> None:
    assert len(ROWS) > 20
