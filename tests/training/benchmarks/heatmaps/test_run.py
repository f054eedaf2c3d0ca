"""The command on a bundle of random weights: its request and its files."""

import json
from dataclasses import replace

import pytest

import training.benchmarks.heatmaps.run
from dprotonet.errors import ReadableError
from tests.training.benchmarks.heatmaps.quick_run import QUICK, killed_after, rows_of
from training.__main__ import main
from training.benchmarks.heatmaps.plot import plot
from training.benchmarks.heatmaps.run import Request, benchmark


def test_without_names_the_methods_that_were_begun_go_on(folder, out):
    benchmark(folder, None, replace(QUICK, methods=(), primary=(), count=4), out)
    plan = json.loads((out / "plan.json").read_text())
    assert list(plan["methods"]) == ["gradcam", "centre"] and len(rows_of(out)) == 4


def test_a_look_before_the_end_says_how_much_is_missing(folder, split, tmp_path, monkeypatch):
    with pytest.raises(ReadableError, match="holds no plan"):
        benchmark(folder, None, replace(QUICK, so_far=True), tmp_path)
    with monkeypatch.context() as patched:
        killed_after(5, patched)
        with pytest.raises(KeyboardInterrupt):
            benchmark(folder, None, QUICK, tmp_path)
    before = (tmp_path / "plan.json").read_text()
    page = benchmark(folder, None, Request(so_far=True, resamples=50), tmp_path)
    assert (tmp_path / "plan.json").read_text() == before
    assert "**2 of 3 planned images are not judged yet.**" in page
    assert "Fewer than 20 patients" in page


def test_the_command_writes_page_plot_and_figures_and_prints_the_page(
    folder, split, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(training.benchmarks.heatmaps.run, "plot", plot)
    words = ["bench", str(folder), "--out", str(tmp_path), "--n", "2", "--steps", "2"]
    words += ["--methods", "gradcam", "centre", "--fills", "mean", "--device", "cpu"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "bench.md").read_text()
    assert "<svg" in (tmp_path / "bench.svg").read_text()
    result = json.loads((tmp_path / "bench.json").read_text())
    row = result["sections"][0]["rows"]["gradcam"]
    assert row["score"]["value"] == pytest.approx(row["insertion"] - row["deletion"], abs=2e-4)
    assert result["command"].startswith("python -m training bench tiny --out")
    assert main([*words, "--methods", "gradcm"]) == 2
    assert "Did you mean gradcam" in capsys.readouterr().err


def test_several_processes_are_refused_before_anything_is_written(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ReadableError, match="Start it without torchrun"):
        benchmark(folder, None, QUICK, tmp_path / "out")
    assert not (tmp_path / "out").exists()
