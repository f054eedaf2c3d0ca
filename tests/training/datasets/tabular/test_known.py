import importlib.util

import pytest

from dprotonet.errors import ReadableError
from training.datasets.tabular.known import known_table


@pytest.mark.parametrize(
    ("name", "rows", "columns", "classes"),
    [
        ("wisconsin", 569, 31, {"benign": 357, "malignant": 212}),
        ("diabetes", 442, 11, {"above the median": 221, "up to the median": 221}),
    ],
)
def test_tables_of_scikit_learn_are_whole(name, rows, columns, classes):
    table = known_table(name)
    assert (len(table.cells.records), len(table.cells.columns)) == (rows, columns)
    assert {one: table.targets.count(one) for one in set(table.targets)} == classes
    assert table.licence


def test_gbsg2_is_read_from_lifelines_or_says_how_to_install_it():
    if importlib.util.find_spec("lifelines") is None:
        with pytest.raises(ReadableError, match="pip install --no-deps lifelines"):
            known_table("gbsg2")
    else:
        assert set(known_table("gbsg2").targets) == {"event", "none"}


def test_a_table_that_no_package_ships_is_refused():
    with pytest.raises(ReadableError, match="wisconsin, diabetes, gbsg2"):
        known_table("titanic")
