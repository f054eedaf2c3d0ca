import json

import pytest

from dprotonet.cli.recorded import run as module
from dprotonet.tables.parquet import parquet_rows
from tests.dprotonet.cli.small_images import write_broken, write_png


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        write_png(tmp_path / "in" / f"{name}.png", seed=ord(name))
    return tmp_path / "in"


def test_the_file_has_the_records_of_standard_output(shell, bundle, folder, tmp_path):
    out = tmp_path / "r.jsonl"
    status, printed, _ = shell("predict", folder, "--model", bundle, "--out", out)
    _, usual, _ = shell("predict", folder, "--model", bundle)

    assert (status, printed) == (0, [])
    added = {"run", "last_of_file"}
    assert [{k: v for k, v in one.items() if k not in added} for one in lines(out)] == usual


def test_the_same_command_does_only_what_is_missing(shell, bundle, folder, tmp_path, caplog):
    out = tmp_path / "r.jsonl"
    shell("predict", folder / "a.png", "--model", bundle, "--out", out)
    before = out.read_bytes()
    shell("predict", folder, "--model", bundle, "--out", out)

    assert out.read_bytes().startswith(before)
    assert [record["path"][-5:] for record in lines(out)] == ["a.png", "b.png", "c.png"]
    assert "1 files are in" in caplog.text and "2 frames done" in caplog.text


def test_where_nothing_is_left_no_model_is_loaded(shell, bundle, folder, tmp_path, monkeypatch):
    command = ("predict", folder, "--model", bundle, "--out", tmp_path / "r.parquet")
    shell(*command)
    monkeypatch.setattr(module, "recorder_of", lambda *_: pytest.fail("loaded"))

    assert shell(*command)[0] == 0


def test_a_parquet_file_has_a_row_a_frame_and_the_status_stays(shell, bundle, folder, tmp_path):
    write_broken(folder / "d.png")
    command = ("predict", folder, "--model", bundle, "--out", tmp_path / "r.parquet")

    assert [shell(*command)[0], shell(*command)[0]] == [1, 1]
    with (tmp_path / "r.parquet").open("rb") as file:
        rows = list(parquet_rows(file))
    assert [row["error"] is None for row in rows] == [True, True, True, False]
    assert rows[0]["none"] + rows[0]["finding"] == pytest.approx(1)
    assert not (tmp_path / "r.parquet.partial").exists()


def test_the_results_in_the_folder_are_not_read_as_an_image(shell, bundle, folder):
    out = folder / "r.jsonl"
    for _ in range(2):
        shell("predict", folder, "--model", bundle, "--out", out)

    assert len(lines(out)) == 3


def test_explanations_keep_their_places_when_a_run_goes_on(shell, bundle, folder, tmp_path):
    write_png(tmp_path / "other" / "a.png", seed=9)
    command = (
        *("explain", folder, tmp_path / "other", "--model", bundle, "--tier", "instant"),
        *("--no-overlay", "--out", tmp_path / "maps", "--records", tmp_path / "r.jsonl"),
    )
    assert shell(*command)[0] == 0
    whole = lines(tmp_path / "r.jsonl")
    # As if it had been killed before the last image.
    kept = (tmp_path / "r.jsonl").read_bytes().splitlines(keepends=True)[:-1]
    (tmp_path / "r.jsonl").write_bytes(b"".join(kept))
    shell(*command)

    again = lines(tmp_path / "r.jsonl")
    assert [one["files"] for one in again] == [one["files"] for one in whole]
    assert len({one["files"]["heatmap"] for one in again}) == 4
