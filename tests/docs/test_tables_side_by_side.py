"""The page that sets the studies of tables side by side has the figures of their JSON files."""

import json

import pytest

from tests.paths import ROOT
from training.comparison.tables.page import TITLES

FOLDER = ROOT / "docs" / "results" / "tables"
STUDIES = ("wisconsin", "gbsg2", "diabetes")
NAMES = {title.lower(): name for name, title in TITLES.items()}


def rows(heading: str) -> list[list[str]]:
    """The rows of the table that begins with this heading, split into cells."""
    lines = (FOLDER / "README.md").read_text("utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |")) + 2
    last = next(i for i, line in enumerate(lines) if i > first and not line.startswith("|"))
    return [line.strip("| ").split(" | ") for line in lines[first:last]]


@pytest.mark.parametrize("column", range(3), ids=STUDIES)
def test_every_cell_is_as_the_study_wrote_it(column: int) -> None:
    models = json.loads((FOLDER / f"{STUDIES[column]}.json").read_text("utf-8"))["models"]
    area = {name: one["auroc"] for name, one in models.items()}
    assert {NAMES[title.lower()]: cells[column] for title, *cells in rows("Model")} == {
        name: f"{one['mean']:.3f} ± {one['sd']:.3f}" for name, one in area.items()
    }
    assert {NAMES[title.lower()]: cells[column] for title, *cells in rows("Attributes found")} == {
        name: f"{one['rank_correlation']:+.2f}".replace("-", "−")
        for name, one in models.items()
        if "rank_correlation" in one
    }
