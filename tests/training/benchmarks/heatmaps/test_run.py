"""The command on a bundle of random weights: plan, rows that outlive a kill, and its files."""

import json
from dataclasses import replace

import pytest

import training.benchmarks.heatmaps.collect
import training.benchmarks.heatmaps.run
from dprotonet.errors import ReadableError
from dprotonet.explain.baselines.registry import METHODS
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.training.image_files import image_files
from tests.training.old_rows import in_the_old_form
from training.__main__ import main
from training.benchmarks.heatmaps.records import row_name
from training.benchmarks.heatmaps.run import Request, benchmark
from training.comparison.row_file import FILE, RowFile
from training.datasets.samples import Box, Sample

QUICK = Request(
    methods=("gradcam", "centre"),
    primary=("centre",),
    count=3,
    fills=("blur", "mean"),
    steps=4,
    resamples=50,
)
CLOCK = {"seconds", "measuring_seconds", "judging_seconds"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("bundle") / "tiny"
    make_tiny_bundle(place, threshold=None)
    return place


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Eight images of four patients, each with a box on the right class."""
    made = []
    for number, path in enumerate(image_files(tmp_path_factory.mktemp("films"))):
        box = Box(8, 8, 32, 32)
        made.append(
            Sample(f"Doe^Jane-{number}", path, f"Doe-{number // 2}", number % 2, boxes=(box,))
        )
    return tuple(made)


@pytest.fixture(autouse=True)
def split(samples, monkeypatch):
    monkeypatch.setattr(training.benchmarks.heatmaps.run, "split_samples", lambda *_: samples)


def rows_of(out):
    """Every row without its clock."""

    def timeless(value):
        if isinstance(value, dict):
            return {key: timeless(one) for key, one in value.items() if key not in CLOCK}
        return value

    return {key: timeless(row) for key, row in sorted(RowFile(out).rows.items())}


def killed_after(maps, monkeypatch):
    """Methods that end the process, as a kill would, once so many maps are drawn."""
    drawn = []

    def fragile(method):
        def draw(*given, **named):
            if len(drawn) == maps:
                raise KeyboardInterrupt
            drawn.append(method)
            return METHODS[method](*given, **named)

        return draw

    fakes = {name: fragile(name) for name in METHODS}
    monkeypatch.setattr(training.benchmarks.heatmaps.collect, "METHODS", fakes)
    return drawn


@pytest.mark.parametrize("maps", [1, 4, 7])
def test_a_killed_run_goes_on_to_the_same_rows(folder, tmp_path, monkeypatch, maps):
    whole = benchmark(folder, None, QUICK, tmp_path / "whole")
    with monkeypatch.context() as patched:
        killed_after(maps, patched)
        with pytest.raises(KeyboardInterrupt):
            benchmark(folder, None, QUICK, tmp_path / "cut")
    with monkeypatch.context() as patched:
        drawn = killed_after(99, patched)
        again = benchmark(folder, None, QUICK, tmp_path / "cut")
    assert rows_of(tmp_path / "cut") == rows_of(tmp_path / "whole")
    assert len(drawn) == 12 - maps + maps % 2  # of 3 images, 2 methods, 2 nodes: one method anew
    figures = [line.rsplit("|", 2)[0] for line in whole.splitlines() if line.startswith("| class")]
    assert all(line in again for line in figures)


def test_what_is_done_is_not_done_again(folder, tmp_path, monkeypatch):
    benchmark(folder, None, QUICK, tmp_path)
    drawn = killed_after(0, monkeypatch)
    benchmark(folder, None, QUICK, tmp_path)
    assert drawn == []


def test_a_finished_run_has_one_line_an_image_in_the_order_of_the_plan(folder, tmp_path):
    benchmark(folder, None, QUICK, tmp_path)
    lines = (tmp_path / FILE).read_text().splitlines()
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert [json.loads(line)["key"] for line in lines] == plan["films"]


def test_a_run_of_the_old_form_is_tabulated_and_goes_on(folder, tmp_path, monkeypatch):
    page = benchmark(folder, None, QUICK, tmp_path)
    before = rows_of(tmp_path)
    in_the_old_form(tmp_path)
    assert benchmark(folder, None, replace(QUICK, so_far=True), tmp_path) == page
    files = sorted((tmp_path / "rows").glob("*.json"))
    assert len(files) == 3
    lost = json.loads(files[0].read_text())
    del lost["methods"]["centre"]
    files[0].write_text(json.dumps(lost))
    drawn = killed_after(99, monkeypatch)
    benchmark(folder, None, QUICK, tmp_path)
    assert len(drawn) == 2 and set(drawn) == {"centre"}  # both nodes of the one image
    assert rows_of(tmp_path) == before and not (tmp_path / "rows").exists()


def test_methods_and_images_may_be_added_and_nothing_is_lost(folder, samples, tmp_path):
    benchmark(folder, None, QUICK, tmp_path)
    before = rows_of(tmp_path)
    more = replace(QUICK, methods=("gradcam", "random"), primary=(), count=5)
    page = benchmark(folder, None, more, tmp_path)
    after = rows_of(tmp_path)
    assert len(before) == 3 and len(after) == 5
    for name, row in before.items():
        kept = {method: after[name]["methods"][method] for method in row["methods"]}
        assert kept == row["methods"]
    assert all("random" in row["methods"] for row in after.values())
    assert "Begun and not finished: centre." in page
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert list(plan["methods"]) == ["gradcam", "centre", "random"]
    assert plan["primary"] == ["centre"] and len(plan["contrasts"]) == 4
    assert "not finished" not in benchmark(folder, None, replace(QUICK, count=5), tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": 8}, "was begun with steps 4, not 8"),
        ({"fills": ("blur",)}, "was begun with fills blur mean, not blur"),
        ({"split": "validation"}, "was begun with split test, not validation"),
        ({"seed": 1}, "was begun with seed 0, not 1"),
        ({"methods": ("centre", "gradcam"), "primary": ()}, "compares all methods with gradcam"),
        ({"primary": ("random",), "methods": ("gradcam", "random")}, "primary contrasts centre"),
    ],
)
def test_a_changed_plan_is_refused_with_what_was_changed(folder, tmp_path, change, sentence):
    benchmark(folder, None, QUICK, tmp_path)
    before = (tmp_path / "plan.json").read_text()
    with pytest.raises(ReadableError) as error:
        benchmark(folder, None, replace(QUICK, **change), tmp_path)
    assert sentence in str(error.value)
    assert (tmp_path / "plan.json").read_text() == before


def test_other_settings_under_an_old_name_are_refused(folder, tmp_path, monkeypatch):
    benchmark(folder, None, QUICK, tmp_path)
    file = tmp_path / "plan.json"
    plan = json.loads(file.read_text())
    plan["methods"]["gradcam"]["settings"]["batch"] = 3
    file.write_text(json.dumps(plan))
    with pytest.raises(ReadableError, match="begun with gradcam at batch=3, not 16"):
        benchmark(folder, None, QUICK, tmp_path)


def test_the_images_of_an_earlier_comparison_are_left_out(folder, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    benchmark(folder, None, QUICK, first)
    benchmark(folder, None, replace(QUICK, count=8, besides=[first]), second)
    assert len(rows_of(second)) == 5  # of eight images
    assert not set(rows_of(first)) & set(rows_of(second))
    with pytest.raises(ReadableError, match="holds no comparison on the validation split"):
        benchmark(
            folder, None, replace(QUICK, split="validation", besides=[first]), tmp_path / "third"
        )


def test_the_plan_is_written_before_the_first_image(folder, tmp_path, monkeypatch):
    killed_after(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        benchmark(folder, None, QUICK, tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert len(plan["films"]) == 3 and not (tmp_path / FILE).exists()
    assert "gradcam minus centre: probability of the class node, fill blur" in plan["contrasts"]


def test_no_file_tells_whose_images_they_are(folder, samples, tmp_path):
    benchmark(folder, None, QUICK, tmp_path)
    for file in tmp_path.rglob("*"):
        assert "Doe" not in file.name
        assert file.is_dir() or "Doe" not in file.read_text()
    assert row_name(7, samples[0]).startswith("00007-")


def test_without_names_the_methods_that_were_begun_go_on(folder, tmp_path):
    benchmark(folder, None, QUICK, tmp_path)
    benchmark(folder, None, replace(QUICK, methods=(), primary=(), count=4), tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert list(plan["methods"]) == ["gradcam", "centre"] and len(rows_of(tmp_path)) == 4


def test_a_look_before_the_end_says_how_much_is_missing(folder, tmp_path, monkeypatch):
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


def test_the_command_writes_page_plot_and_figures_and_prints_the_page(folder, tmp_path, capsys):
    words = ["bench", str(folder), "--out", str(tmp_path), "--n", "2", "--steps", "2"]
    words += ["--methods", "gradcam", "centre", "--fills", "mean", "--device", "cpu"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "bench.md").read_text()
    assert "<svg" in (tmp_path / "bench.svg").read_text()
    found = json.loads((tmp_path / "bench.json").read_text())
    row = found["sections"][0]["rows"]["gradcam"]
    assert row["score"]["value"] == pytest.approx(row["insertion"] - row["deletion"], abs=2e-4)
    assert found["command"].startswith("python -m training bench tiny --out")
    assert main([*words, "--methods", "gradcm"]) == 2
    assert "Did you mean gradcam" in capsys.readouterr().err


def test_places_are_judged_on_images_that_are_called_rightly(folder, samples, tmp_path):
    benchmark(folder, None, replace(QUICK, count=8), tmp_path)
    rows = rows_of(tmp_path).values()
    for row in rows:
        place = {"energy", "peak_inside", "peak_near"} & set(row["methods"]["centre"]["class"])
        assert bool(place) == row["right"] == (row["truth_area"] is not None)
        assert not {"energy"} & set(row["methods"]["centre"]["prototype"])
    right = [row for row in rows if row["right"]]
    assert right and right[0]["truth_area"] == pytest.approx(0.25)
