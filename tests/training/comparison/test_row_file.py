import json
import os
from pathlib import Path

import pytest

from dprotonet.errors import ReadableError
from tests.training.old_rows import old_file
from training.comparison import row_file
from training.comparison.row_file import FILE, RowFile


def lines(folder):
    return (folder / FILE).read_text(encoding="utf-8").splitlines()


def keys(folder):
    return [json.loads(line)["key"] for line in lines(folder)]


def written(folder, *named):
    """A folder in which rows were appended, one call each."""
    rows = RowFile(folder)
    for key, row in named:
        rows.append(key, row)
    return rows


def interrupted(*_, **__):
    raise KeyboardInterrupt


def test_a_row_is_one_line_that_begins_with_its_key(tmp_path):
    written(tmp_path / "new", ("a/b", {"name": "Zürich", "p": [0.5, 1e-05]}), ("c", {}))
    assert lines(tmp_path / "new") == [
        '{"key":"a/b","name":"Zürich","p":[0.5,1e-05]}',
        '{"key":"c"}',
    ]
    assert RowFile(tmp_path / "new").rows == {"a/b": {"name": "Zürich", "p": [0.5, 1e-05]}, "c": {}}


def test_a_folder_without_rows_has_none_and_gets_no_file(tmp_path):
    rows = RowFile(tmp_path)
    rows.compact(["a"])
    assert rows.rows == {} and not list(tmp_path.iterdir())


def test_a_row_is_on_disk_before_the_next_one_is_begun(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(lines(tmp_path)))
    written(tmp_path, ("a", {"v": 1}), ("b", {"v": 2}))
    assert synced == [['{"key":"a","v":1}'], ['{"key":"a","v":1}', '{"key":"b","v":2}']]


def test_the_last_row_of_a_key_counts(tmp_path):
    rows = written(tmp_path, ("a", {"v": 1}), ("b", {"v": 2}), ("a", {"v": 3}))
    assert rows.rows == RowFile(tmp_path).rows == {"a": {"v": 3}, "b": {"v": 2}}


def test_a_line_that_was_cut_off_anywhere_is_dropped_and_written_again(tmp_path):
    written(tmp_path, ("a", {"v": 1}), ("b", {"v": "é"}))
    whole = (tmp_path / FILE).read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        (tmp_path / FILE).write_bytes(whole[:end])
        rows = RowFile(tmp_path)
        assert rows.rows == {"a": {"v": 1}}
        rows.append("b", {"v": "é"})
        assert (tmp_path / FILE).read_bytes() == whole


def test_a_last_line_whose_middle_a_power_cut_lost_is_dropped(tmp_path):
    written(tmp_path, ("a", {"v": 1}), ("b", {"v": 2}))
    with open(tmp_path / FILE, "r+b") as stream:
        stream.seek(-9, os.SEEK_END)
        stream.write(b"\0" * 6)
    rows = RowFile(tmp_path)
    assert rows.rows == {"a": {"v": 1}}
    rows.append("b", {"v": 2})
    assert keys(tmp_path) == ["a", "b"]


def test_opening_changes_nothing_so_that_a_run_in_progress_can_be_read(tmp_path):
    written(tmp_path, ("a", {"v": 1}))
    in_progress = (tmp_path / FILE).read_bytes() + b'{"key":"b","v'
    (tmp_path / FILE).write_bytes(in_progress)
    old = old_file(tmp_path, "c", {"v": 3})
    assert RowFile(tmp_path).rows == {"a": {"v": 1}, "c": {"v": 3}}
    assert (tmp_path / FILE).read_bytes() == in_progress and old.is_file()


@pytest.mark.parametrize("line", [b'{"key":"b","v', b"7", b'{"v": 2}', b"\xff"])
def test_a_damaged_line_before_the_last_one_is_named(tmp_path, line):
    written(tmp_path, ("a", {"v": 1}), ("b", {"v": 2}), ("c", {"v": 3}))
    first, _, last = (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(first + line + b"\n" + last)
    with pytest.raises(ReadableError, match=r"^Line 2 of .*rows\.jsonl is damaged\. Delete it"):
        RowFile(tmp_path)
    (tmp_path / FILE).write_bytes(first + last)
    assert list(RowFile(tmp_path).rows) == ["a", "c"]


def test_compacting_leaves_one_line_a_key_in_the_order_that_is_asked_for(tmp_path):
    rows = written(tmp_path, *((key, {"v": n}) for n, key in enumerate("dcbadx")))
    rows.compact(["a", "b", "missing", "b", "d"])
    assert keys(tmp_path) == ["a", "b", "d", "c", "x"]
    assert RowFile(tmp_path).rows == rows.rows
    assert rows.rows["d"] == {"v": 4}


def test_compacting_keeps_the_text_of_every_number(tmp_path):
    numbers = "[0.1,1e-07,123456789.123456789,0.30000000000000004,1,1.0,-0.0,5e-324,1e+22]"
    kept = json.dumps(json.loads(numbers), separators=(",", ":"))
    (tmp_path / FILE).write_text(f'{{"key":"b","v":{kept}}}\n{{"key":"a","v":{kept}}}\n')
    before = lines(tmp_path)
    RowFile(tmp_path).compact("ab")
    assert lines(tmp_path) == before[::-1]


def test_rows_go_on_after_compacting(tmp_path):
    rows = written(tmp_path, ("b", {"v": 1}), ("a", {"v": 2}))
    rows.compact("ab")
    rows.append("b", {"v": 3})
    assert keys(tmp_path) == ["a", "b", "b"]
    rows.compact("ab")
    assert lines(tmp_path) == ['{"key":"a","v":2}', '{"key":"b","v":3}']


def test_a_compact_file_is_not_written_again(tmp_path, monkeypatch):
    written(tmp_path, ("a", {"v": 1}), ("b", {"v": 2}))
    monkeypatch.setattr(row_file, "write_whole", lambda *_: pytest.fail("written again"))
    RowFile(tmp_path).compact("ab")


def test_compacting_drops_a_line_that_was_cut_off(tmp_path):
    written(tmp_path, ("a", {"v": 1}))
    before = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(before + b'{"key"')
    RowFile(tmp_path).compact("a")
    assert (tmp_path / FILE).read_bytes() == before


def test_a_kill_after_the_last_row_and_before_compacting_loses_nothing(tmp_path, monkeypatch):
    rows = written(tmp_path, ("b", {"v": 1}), ("a", {"v": 2}), ("b", {"v": 3}))
    before = (tmp_path / FILE).read_bytes()
    for step in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, step, interrupted)
            with pytest.raises(KeyboardInterrupt):
                rows.compact("ab")
        assert (tmp_path / FILE).read_bytes() == before
    again = RowFile(tmp_path)
    assert again.rows == {"b": {"v": 3}, "a": {"v": 2}}
    again.compact("ab")
    assert keys(tmp_path) == ["a", "b"] and RowFile(tmp_path).rows == again.rows


def test_a_folder_of_the_old_form_opens_and_goes_on_in_the_new_one(tmp_path):
    old_file(tmp_path, "dprotonet/fold0", {"v": 1})
    old_file(tmp_path, "00002-c46b", {"v": 2, "methods": {"mdm": 1}})
    rows = RowFile(tmp_path)
    assert rows.rows["dprotonet/fold0"] == {"v": 1}
    rows.append("00002-c46b", {"v": 2, "methods": {"mdm": 1, "rise": 2}})
    rows.append("new", {"v": 3})
    assert RowFile(tmp_path).rows == {
        "dprotonet/fold0": {"v": 1},
        "00002-c46b": {"v": 2, "methods": {"mdm": 1, "rise": 2}},
        "new": {"v": 3},
    }


def test_compacting_packs_the_files_of_the_old_form(tmp_path):
    old_file(tmp_path, "dprotonet/fold0", {"v": 1})
    old_file(tmp_path, "xprotonet/fold0", {"v": 2})
    rows = RowFile(tmp_path)
    before = dict(rows.rows)
    rows.compact(["xprotonet/fold0"])
    assert keys(tmp_path) == ["xprotonet/fold0", "dprotonet/fold0"]
    assert RowFile(tmp_path).rows == before
    assert list(tmp_path.iterdir()) == [tmp_path / FILE]


def test_packing_leaves_whatever_else_lies_in_the_old_folder(tmp_path):
    old_file(tmp_path, "dprotonet/fold0", {"v": 1})
    checkpoint = tmp_path / "rows" / "dprotonet" / "fold1" / "checkpoint.pt"
    checkpoint.parent.mkdir()
    checkpoint.touch()
    RowFile(tmp_path).compact([])
    assert [file for file in (tmp_path / "rows").rglob("*") if file.is_file()] == [checkpoint]


def test_a_kill_while_old_files_are_packed_loses_nothing(tmp_path, monkeypatch):
    old_file(tmp_path, "a", {"v": 1})
    old_file(tmp_path, "b", {"v": 2})
    rows = written(tmp_path, ("b", {"v": 3}))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", interrupted)
        with pytest.raises(KeyboardInterrupt):
            rows.compact("ab")
    again = RowFile(tmp_path)
    assert again.rows == {"a": {"v": 1}, "b": {"v": 3}}
    again.compact("ab")
    assert keys(tmp_path) == ["a", "b"] and not (tmp_path / "rows").exists()


def test_a_damaged_file_of_the_old_form_is_named(tmp_path):
    old_file(tmp_path, "a", {"v": 1}).write_text("")
    with pytest.raises(ReadableError, match=r"a\.json is damaged"):
        RowFile(tmp_path)


@pytest.mark.parametrize("write", [lambda r: r.append("b", {"v": 2}), lambda r: r.compact("ba")])
def test_a_second_run_in_the_same_folder_is_refused_and_harms_nothing(tmp_path, write):
    first = written(tmp_path, ("a", {"v": 1}))
    second = RowFile(tmp_path)
    first.append("c", {"v": 3})
    with pytest.raises(ReadableError, match="Another run is writing into"):
        write(second)
    assert keys(tmp_path) == ["a", "c"]


def test_a_row_cannot_hold_a_key_of_its_own(tmp_path):
    with pytest.raises(ValueError, match="key"):
        RowFile(tmp_path).append("a", {"key": "b"})
    assert not (tmp_path / FILE).exists()
