"""What may be added to a plan, and what not, by the command on a bundle of random weights."""

import json
from dataclasses import replace

import pytest

from dprotonet.errors import ReadableError
from tests.training.benchmarks.heatmaps.quick_run import QUICK, killed_after, rows_of
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.run import benchmark
from training.comparison.row_file import FILE


def test_the_plan_is_written_before_the_first_image(folder, split, tmp_path, monkeypatch):
    killed_after(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        benchmark(folder, None, QUICK, tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert len(plan["films"]) == 3 and not (tmp_path / FILE).exists()
    assert "gradcam minus centre: probability of the class node, fill blur" in plan["contrasts"]


def test_methods_and_images_may_be_added_and_nothing_is_lost(folder, out):
    before = rows_of(out)
    more = replace(QUICK, methods=("gradcam", "random"), primary=(), count=5)
    page = benchmark(folder, None, more, out)
    after = rows_of(out)
    assert len(before) == 3 and len(after) == 5
    for name, row in before.items():
        kept = {method: after[name]["methods"][method] for method in row["methods"]}
        assert kept == row["methods"]
    assert all("random" in row["methods"] for row in after.values())
    assert "Begun and not finished: centre." in page
    plan = json.loads((out / "plan.json").read_text())
    assert list(plan["methods"]) == ["gradcam", "centre", "random"]
    assert plan["primary"] == ["centre"] and len(plan["contrasts"]) == 4
    assert "not finished" not in benchmark(folder, None, replace(QUICK, count=5), out)


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
def test_a_changed_plan_is_refused_with_what_was_changed(folder, out, change, sentence):
    before = (out / "plan.json").read_text()
    with pytest.raises(ReadableError) as error:
        benchmark(folder, None, replace(QUICK, **change), out)
    assert sentence in str(error.value)
    assert (out / "plan.json").read_text() == before


def test_other_settings_under_an_old_name_are_refused(folder, out):
    file = out / "plan.json"
    plan = json.loads(file.read_text())
    plan["methods"]["gradcam"]["settings"]["batch"] = 3
    file.write_text(json.dumps(plan))
    with pytest.raises(ReadableError, match="begun with gradcam at batch=3, not 16"):
        benchmark(folder, None, QUICK, out)


def test_the_images_of_an_earlier_comparison_are_left_out(folder, finished, split, tmp_path):
    first, second = finished.folder, tmp_path / "second"
    benchmark(folder, None, replace(QUICK, count=8, besides=[first]), second)
    assert len(rows_of(second)) == 5  # of eight images
    assert not set(rows_of(first)) & set(rows_of(second))
    with pytest.raises(ReadableError, match="holds no comparison on the validation split"):
        benchmark(
            folder, None, replace(QUICK, split="validation", besides=[first]), tmp_path / "third"
        )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"primary_figures": ("recall_10",)}, "recall_10, which is not measured. Add --evidence"),
        ({"primary_figures": ("stability",)}, "stability, which is not measured. Add --stability"),
        ({"primary_fills": ("tiles",)}, "tiles, under which nothing is scored. Add it to --fills"),
        ({"stability": True, "nodes": ("prototype",)}, "Add class to --nodes"),
    ],
)
def test_contrasts_of_what_is_not_measured_are_refused(folder, split, tmp_path, change, sentence):
    with pytest.raises(ReadableError, match=sentence):
        benchmark(folder, None, replace(QUICK, **change), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_plan_of_an_earlier_version_is_read_and_means_what_it_did(finished, tmp_path):
    values = json.loads((finished.folder / "plan.json").read_text())
    younger = ("evidence", "stability", "primary_figures", "primary_fills", "unconfirmed")
    old = {key: value for key, value in values.items() if key not in younger}
    assert Plan.from_json(old) == Plan.from_json(values)
    assert Plan.from_json(old).to_json()["contrasts"] == values["contrasts"]
