import pytest

from dprotonet.errors import ReadableError, UnreadableTable
from tests.training.datasets.tabular.table_files import write_table
from training.datasets.tabular.description import describe, rows_of
from training.datasets.tabular.source import read_table

TRAIN = tuple(range(40))


@pytest.fixture
def source(tmp_path):
    return read_table(write_table(tmp_path / "t.csv"), "kind", "patient")


def test_types_are_found_and_a_column_of_one_value_is_left_out(source):
    table = describe(source, TRAIN)
    assert [(one.name, one.kind) for one in table.attributes] == [
        ("size", "number"),
        ("shape", "number"),
        ("grade", "category"),
    ]
    assert (table.target, table.group) == ("kind", "patient")


@pytest.mark.parametrize(("scaling", "knots"), [("range", 2), ("quantiles", 9)])
def test_scale_and_fill_come_from_the_training_rows_alone(source, scaling, knots):
    few = describe(source, (0, 1, 4, 5, 8, 9, 12, 13), scaling=scaling).attributes[0]
    rows = rows_of(source, describe(source, TRAIN))
    of_few = [rows[i].values[0] for i in (0, 1, 4, 5, 8, 9, 12, 13)]
    assert (few.knots[0], few.knots[-1]) == (min(of_few), max(of_few))
    assert min(of_few) < few.fill < max(of_few)
    assert len(few.knots) <= knots
    assert max(row.values[0] for row in rows) > few.knots[-1]


def test_numbers_may_be_categories_and_columns_left_out(source):
    table = describe(source, TRAIN, categories=("shape",), left_out=("size",))
    first = table.attributes[0]
    assert (first.name, first.kind) == ("shape", "category")


def test_rows_keep_what_is_missing(source):
    rows = rows_of(source, describe(source, TRAIN))
    assert rows[0].missing == ("shape",)
    assert rows[3].target == "ill"


def test_a_column_that_is_not_there_or_names_everyone_is_refused(source, tmp_path):
    with pytest.raises(ReadableError, match="no column “weight”"):
        describe(source, TRAIN, left_out=("weight",))
    lines = ["name,kind", *(f"name {i},{'ab'[i % 2]}" for i in range(60))]
    (tmp_path / "names.csv").write_text("\n".join(lines))
    with pytest.raises(ReadableError, match="60 different texts"):
        describe(read_table(tmp_path / "names.csv", "kind"), TRAIN)


def test_a_cell_that_its_attribute_cannot_have_is_named(source):
    table = describe(source, TRAIN, left_out=("size", "shape"))
    grade = table.attributes[0]
    narrow = type(table)(
        (type(grade)("grade", "category", "low", categories=("low",)),), "kind", "patient"
    )
    with pytest.raises(UnreadableTable, match=r"Line \d+, column “grade”"):
        rows_of(source, narrow)
