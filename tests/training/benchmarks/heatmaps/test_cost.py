import json
import subprocess

import pytest

import training.benchmarks.heatmaps.cost
from dprotonet.errors import ReadableError
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
