import json
import subprocess
import sys
from pathlib import Path

import pytest

from dprotonet.cli.recorded.results_file import ResultsFile
from dprotonet.cli.recorded.rows import prediction_table
from dprotonet.errors import WrongRequest
from dprotonet.tables.parquet import parquet_rows

TABLE = prediction_table(["none"], names_site=False)
NAMES = ["r.jsonl", "r.parquet"]


def opened(path: Path, run: str = "1") -> ResultsFile:
    return ResultsFile(path, run=run, table=TABLE, notes={})


def records(name: str, frames: int = 1) -> list[dict]:
    return [{"path": name, "frame": n, "sha256": "0"} for n in range(frames)]


def lines_of(path: Path) -> Path:
    return path if path.suffix == ".jsonl" else path.with_name(path.name + ".partial")


@pytest.mark.parametrize("name", NAMES)
def test_a_later_run_knows_what_is_there(tmp_path, name):
    with opened(tmp_path / name) as results:
        results.add(records("a", 2))
    with opened(tmp_path / name) as results:
        assert (results.has(Path("a")), results.has(Path("b")), len(results)) == (True, False, 1)
        results.add(records("b"))
        results.finish()
    with opened(tmp_path / name) as results:
        assert results.has(Path("a")) and results.has(Path("b"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("left", range(1, 100, 7))
def test_whatever_a_kill_left_of_the_last_file_is_cut_off(tmp_path, name, left):
    with opened(tmp_path / name) as results:
        results.add(records("a", 2))
        whole = lines_of(tmp_path / name).read_bytes()
        results.add(records("b", 3))
    written = lines_of(tmp_path / name).read_bytes()
    lines_of(tmp_path / name).write_bytes(written[:-left])

    with opened(tmp_path / name) as results:
        assert results.has(Path("a")) and not results.has(Path("b"))
        assert lines_of(tmp_path / name).read_bytes() == whole
        results.add(records("b", 3))
    assert lines_of(tmp_path / name).read_bytes() == written


def test_a_parquet_file_takes_more_rows_and_is_never_half_written(tmp_path):
    path = tmp_path / "r.parquet"
    with opened(path) as results:
        results.add(records("a", 2))
        assert not path.exists()
        results.finish()
    assert not lines_of(path).exists()
    with opened(path) as results:
        results.add(records("b"))
        results.finish()

    with path.open("rb") as file:
        rows = [(row["path"], row["frame"]) for row in parquet_rows(file)]
    assert rows == [("a", 0), ("a", 1), ("b", 0)]


def test_lines_that_are_in_the_parquet_file_already_are_not_written_twice(tmp_path):
    path = tmp_path / "r.parquet"
    with opened(path) as results:
        results.add(records("a"))
        kept = lines_of(path).read_bytes()
        results.finish()
    lines_of(path).write_bytes(kept)  # killed between the two
    with opened(path) as results:
        results.finish()

    with path.open("rb") as file:
        assert len(list(parquet_rows(file))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_records_of_another_model_are_not_mixed_in(tmp_path, name):
    with opened(tmp_path / name) as results:
        results.add(records("a"))
        results.finish()

    with pytest.raises(WrongRequest, match="another model or of other options"):
        opened(tmp_path / name, run="2")


@pytest.mark.parametrize(
    "content", [b"notes of mine", b"notes\n", b"[]\n", b'{"path": 1}\n', b'{"path": "a"}\n']
)
def test_a_file_of_something_else_stays_as_it_is(tmp_path, content):
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)

    with pytest.raises(WrongRequest, match="something else than records"):
        opened(path)
    assert path.read_bytes() == content


def test_a_parquet_file_of_something_else_stays_as_it_is(tmp_path):
    path = tmp_path / "r.parquet"
    path.write_bytes(b"PAR1 and no more")

    with pytest.raises(WrongRequest, match="something else than records"):
        opened(path)
    assert path.read_bytes() == b"PAR1 and no more"


def test_a_name_without_a_format_is_refused(tmp_path):
    with pytest.raises(WrongRequest, match=r"end it with \.jsonl or \.parquet"):
        opened(tmp_path / "r.txt")


@pytest.mark.parametrize("name", NAMES)
def test_an_image_that_failed_in_an_earlier_run_is_still_known(tmp_path, name):
    with opened(tmp_path / name) as results:
        results.add([{**records("a")[0], "skipped": "A text."}])
        results.finish()
    with opened(tmp_path / name) as results:
        assert not results.has_errors
        results.add([{**records("b")[0], "error": "Damaged."}])
        results.finish()
    with opened(tmp_path / name) as results:
        assert results.has_errors


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_two_processes_do_not_write_to_one_file(tmp_path):
    path = tmp_path / "r.jsonl"
    with opened(path):
        code = (
            "import sys; from tests.dprotonet.cli.recorded.test_results_file import opened;"
            "from pathlib import Path; opened(Path(sys.argv[1]))"
        )
        other = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
        )
    assert "Another process writes to" in other.stderr


def test_a_path_that_is_no_text_is_known_by_its_bytes(tmp_path):
    odd = Path("a\udcff.png")
    with opened(tmp_path / "r.jsonl") as results:
        results.add([{"path": str(odd), "path_bytes": b"a\xff.png".hex(), "frame": 0}])
    (line,) = (tmp_path / "r.jsonl").read_text().splitlines()
    with opened(tmp_path / "r.jsonl") as results:
        assert json.loads(line)["path"] == "a%FF.png"
        assert results.has(odd) and not results.has(Path("a%FF.png"))
