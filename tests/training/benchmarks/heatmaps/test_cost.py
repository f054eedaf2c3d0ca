import json
import subprocess

import pytest

import training.benchmarks.heatmaps.cost
from dprotonet.errors import ReadableError
from tests.dprotonet.read_bundle import make_read_bundle
from training.benchmarks.heatmaps.cost import measure_costs
from training.benchmarks.heatmaps.methods import parse_methods
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.records import row_name


def plan_of(methods, samples):
    return Plan(
        bundle="tiny",
        digest="",
        split="test",
        nodes=("class",),
        fills=("blur",),
        steps=2,
        seed=0,
        methods={method.name: method.to_json() for method in methods},
        images=tuple(row_name(i, s) for i, s in enumerate(samples)),
    )


def test_every_method_has_a_process_of_its_own_and_is_measured_once(
    folder, samples, tmp_path, monkeypatch
):
    methods = parse_methods(["centre"])
    arguments = (folder, plan_of(methods, samples), methods, samples, 1, "cpu", tmp_path)
    measure_costs(*arguments)
    result = json.loads((tmp_path / "cost.json").read_text())
    assert result["films"] == 1 and result["methods"]["centre"]["forward"] == 2
    monkeypatch.setattr(subprocess, "run", None)
    measure_costs(*arguments)  # all is there: nothing is started
    with pytest.raises(TypeError):
        measure_costs(*arguments[:4], 2, *arguments[5:])


def test_a_process_that_ends_badly_is_reported_in_a_sentence(
    folder, samples, tmp_path, monkeypatch
):
    methods = parse_methods(["centre"])
    monkeypatch.setattr(training.benchmarks.heatmaps.cost.sys, "executable", "/bin/false")
    with pytest.raises(ReadableError, match="The cost of centre could not be measured"):
        measure_costs(folder, plan_of(methods, samples), methods, samples, 1, "cpu", tmp_path)


def test_a_processor_without_bfloat16_is_imitated_beside_the_real_one(
    folder, samples, tmp_path, monkeypatch
):
    started = []

    def run(command, *, env, **_):
        started.append((command[5], env.get("ONEDNN_MAX_CPU_ISA")))
        return subprocess.CompletedProcess(command, 0, json.dumps({"seconds": 1.0}), "")

    monkeypatch.setattr(subprocess, "run", run)
    methods = parse_methods(["centre", "mdm:tier=draft"])
    arguments = (folder, plan_of(methods, samples), methods, samples, 1)
    measure_costs(*arguments, "cpu", tmp_path, avx2=True)
    assert started == [
        ("centre", None),
        ("mdm:tier=draft", None),
        ("centre:precision=float32", "AVX2"),
        ("mdm:tier=draft,precision=float32", "AVX2"),
    ]
    parse_methods([name for name, _ in started])  # each is a method with its settings
    costs = json.loads((tmp_path / "cost.json").read_text())
    assert list(costs["methods"]) == list(costs["avx2"]["methods"]) == ["centre", "mdm:tier=draft"]
    with pytest.raises(ReadableError, match="Give --device cpu"):
        measure_costs(*arguments, "cuda", tmp_path, avx2=True)


def test_all_nodes_together_are_measured_where_there_is_a_mask_reader(
    samples, tmp_path, monkeypatch
):
    def run(command, **_):
        figures = {"nodes": 6} if command[5] == "all-nodes" else {"seconds": 1.0}
        return subprocess.CompletedProcess(command, 0, json.dumps(figures), "")

    monkeypatch.setattr(subprocess, "run", run)
    make_read_bundle(tmp_path / "read", pictures=False)
    methods = parse_methods(["centre"])
    plan = plan_of(methods, samples)
    measure_costs(tmp_path / "read", plan, methods, samples, 1, "cpu", tmp_path)
    assert json.loads((tmp_path / "cost.json").read_text())["all_nodes"] == {"nodes": 6}
