"""Rows that outlive a kill, by the command on a bundle of random weights."""

import json
from dataclasses import replace

import pytest

from tests.training.benchmarks.heatmaps.quick_run import QUICK, killed_after, rows_of
from tests.training.old_rows import in_the_old_form
from training.benchmarks.heatmaps.collect import METHOD_CODE, code_digest, method_code
from training.benchmarks.heatmaps.run import benchmark
from training.comparison.row_file import FILE


@pytest.mark.parametrize("maps", [1, 4, 7])
def test_a_killed_run_goes_on_to_the_same_rows(
    folder, finished, split, tmp_path, monkeypatch, maps
):
    with monkeypatch.context() as patched:
        killed_after(maps, patched)
        with pytest.raises(KeyboardInterrupt):
            benchmark(folder, None, QUICK, tmp_path)
    with monkeypatch.context() as patched:
        drawn = killed_after(99, patched)
        again = benchmark(folder, None, QUICK, tmp_path)
    assert rows_of(tmp_path) == rows_of(finished.folder)
    assert len(drawn) == 12 - maps + maps % 2  # of 3 images, 2 methods, 2 nodes: one method anew
    lines = finished.page.splitlines()
    figures = [line.rsplit("|", 2)[0] for line in lines if line.startswith("| class")]
    assert all(line in again for line in figures)


def test_the_other_image_is_noted_and_stays_when_images_are_added(
    folder, split, tmp_path, monkeypatch
):
    few = replace(QUICK, fills=("other",), methods=("centre",), primary=(), nodes=("class",))
    benchmark(folder, None, few, tmp_path)
    before = {name: row["other"] for name, row in rows_of(tmp_path).items()}
    patients = {name: row["patient"] for name, row in rows_of(tmp_path).items()}
    assert all(patients[other] != patients[name] for name, other in before.items())
    benchmark(folder, None, replace(few, count=8, methods=("centre", "random")), tmp_path)
    after = {name: row["other"] for name, row in rows_of(tmp_path).items()}
    assert before.items() <= after.items() and len(after) == 8


def test_what_is_done_is_not_done_again(folder, out, monkeypatch):
    drawn = killed_after(0, monkeypatch)
    benchmark(folder, None, QUICK, out)
    assert drawn == []


def test_a_finished_run_has_one_line_an_image_in_the_order_of_the_plan(finished):
    lines = (finished.folder / FILE).read_text().splitlines()
    plan = json.loads((finished.folder / "plan.json").read_text())
    assert [json.loads(line)["key"] for line in lines] == plan["films"]


def test_a_run_of_the_old_form_is_tabulated_and_goes_on(folder, finished, out, monkeypatch):
    before = rows_of(out)
    in_the_old_form(out)
    assert benchmark(folder, None, replace(QUICK, so_far=True), out) == finished.page
    files = sorted((out / "rows").glob("*.json"))
    assert len(files) == 3
    lost = json.loads(files[0].read_text())
    del lost["methods"]["centre"]
    files[0].write_text(json.dumps(lost))
    drawn = killed_after(99, monkeypatch)
    benchmark(folder, None, QUICK, out)
    assert len(drawn) == 2 and set(drawn) == {"centre"}  # both nodes of the one image
    assert rows_of(out) == before and not (out / "rows").exists()


def test_no_file_tells_whose_images_they_are(finished):
    files = list(finished.folder.rglob("*"))
    assert files
    for file in files:
        assert "Doe" not in file.name
        assert file.is_dir() or "Doe" not in file.read_text()


def test_the_digest_changes_with_any_line_of_a_package_or_a_module(tmp_path, monkeypatch):
    package = tmp_path / "methods_on_trial"
    (package / "below").mkdir(parents=True)
    for name in ("__init__.py", "below/__init__.py", "below/deep.py"):
        (package / name).write_text("A = 1\n")
    (tmp_path / "network_on_trial.py").write_text("B = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    names = ("methods_on_trial", "network_on_trial")
    digests = [code_digest(names)]
    for changed in (package / "below" / "deep.py", tmp_path / "network_on_trial.py"):
        changed.write_text("C = 2\n")
        digests.append(code_digest(names))
    assert len(set(digests)) == 3 and digests[-1] == code_digest(names)
    with pytest.raises(ModuleNotFoundError):
        code_digest(("no_such_module_on_trial",))


def test_the_methods_code_is_that_of_explain_and_of_the_frozen_network():
    assert method_code() == code_digest(METHOD_CODE)
    for name in ("dprotonet.explain", "dprotonet.modeling.freezing.frozen"):
        assert name in METHOD_CODE
