import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets.tabular.table_files import write_table
from training.datasets.tabular.source import read_table


def test_classes_and_groups_are_read_as_text(tmp_path):
    table = read_table(write_table(tmp_path / "t.csv"), "kind", "patient")
    assert table.targets[:4] == ("calm", "calm", "ill", "ill")
    assert table.groups[:4] == ("p0", "p0", "p1", "p1")


def test_without_a_group_every_row_stands_for_itself(tmp_path):
    table = read_table(write_table(tmp_path / "t.csv"), "kind")
    assert len(set(table.groups)) == 60


@pytest.mark.parametrize(
    ("text", "target", "says"),
    [
        ("a,b\n1,x\n", "", "target=COLUMN"),
        ("a,b\n1,x\n", "c", "no column “c”"),
        ("a,b\n1,x\n2,\n", "b", "Line 3 has nothing in the column “b”"),
        ("a,b\n1,x\n2\n", "b", "Line 3 has 1 cells"),
    ],
)
def test_a_table_that_cannot_be_trained_on_is_refused(tmp_path, text, target, says):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ReadableError, match=says):
        read_table(path, target)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReadableError, match="cannot be opened"):
        read_table(tmp_path / "t.csv", "kind")
