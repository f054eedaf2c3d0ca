import json
import subprocess
import sys

import numpy as np
import pytest
import torch

import training.benchmarks.heatmaps.cost
from dprotonet.allocator import keep_freed_memory
from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle, network_input, tiny_images
from tests.training.image_files import image_files
from training.benchmarks.heatmaps.arithmetic import best_rate, multiply_accumulates
from training.benchmarks.heatmaps.cost import measure_costs
from training.benchmarks.heatmaps.isolated_cost import Bench, measure
from training.benchmarks.heatmaps.memory import Peak
from training.benchmarks.heatmaps.methods import contenders
from training.benchmarks.heatmaps.plan import Plan
from training.benchmarks.heatmaps.records import row_name
from training.datasets.samples import Sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("bundle") / "tiny"
    make_tiny_bundle(place, threshold=None)
    return place


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    paths = image_files(tmp_path_factory.mktemp("films"), per_class=2)
    return tuple(Sample(f"{n}", path, f"p{n}", n % 2) for n, path in enumerate(paths))


def plan_of(methods, samples):
    return Plan(
        bundle="tiny",
        digest="",
        split="test",
        nodes=("class",),
        fills=("blur",),
        steps=2,
        seed=0,
        methods={one.name: one.to_json() for one in methods},
        images=tuple(row_name(i, s) for i, s in enumerate(samples)),
    )


def test_multiply_accumulates_are_those_worked_out_by_hand():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1),  # 64 places × 8 × 27
        torch.nn.Conv2d(8, 8, 3, padding=1, groups=8),  # 64 × 8 × 9
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 2),  # 16
    ).eval()
    one = multiply_accumulates(network, torch.zeros(1, 3, 8, 8))
    assert one == 64 * 8 * 27 + 64 * 8 * 9 + 16
    assert multiply_accumulates(network, torch.zeros(5, 3, 8, 8)) == 5 * one


def test_the_machine_has_a_rate():
    assert best_rate(torch.float32, torch.device("cpu")) > 1e8


def test_the_peak_is_that_of_what_came_after_the_start():
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere the earlier peak hides it")
    keep_freed_memory()
    peak = Peak(torch.device("cpu"))
    early = np.ones(100 << 17)  # 100 MB, gone before the start
    del early
    peak.start()
    late = np.ones(50 << 17)
    assert 45 < peak.megabytes() < 95
    assert late.sum() > 0


def test_one_method_is_measured_with_its_passes_and_its_prototypes_together(folder):
    predictor = Predictor(Bundle.load(folder))
    images = network_input(tiny_images(2, per_class=2))
    insides = torch.ones(len(images), *images.shape[-2:], dtype=torch.bool)
    found = measure(Bench(predictor, contenders(["gradcam"])[0], 0), images[:3], insides[:3])
    assert len(found["seconds_each"]) == 2 and found["seconds"] > 0
    assert (found["forward"], found["backward"], found["prototypes_together"]) == (3, 1, 4)
    assert 0 < found["share_of_best_rate"] < 1
    network = predictor.model
    assert found["gmac_a_pass"] == pytest.approx(
        multiply_accumulates(network, images[:1]) / 1e9, abs=1e-4
    )


def test_every_method_has_a_process_of_its_own_and_is_measured_once(
    folder, samples, tmp_path, monkeypatch
):
    methods = contenders(["centre"])
    given = (folder, plan_of(methods, samples), methods, samples, 1, "cpu", tmp_path)
    measure_costs(*given)
    found = json.loads((tmp_path / "cost.json").read_text())
    assert found["films"] == 1 and found["methods"]["centre"]["forward"] == 2
    monkeypatch.setattr(subprocess, "run", None)
    measure_costs(*given)  # all is there: nothing is started
    with pytest.raises(TypeError):
        measure_costs(*given[:4], 2, *given[5:])


def test_a_process_that_ends_badly_is_told_in_a_sentence(folder, samples, tmp_path, monkeypatch):
    methods = contenders(["centre"])
    monkeypatch.setattr(training.benchmarks.heatmaps.cost.sys, "executable", "/bin/false")
    with pytest.raises(ReadableError, match="The cost of centre could not be measured"):
        measure_costs(folder, plan_of(methods, samples), methods, samples, 1, "cpu", tmp_path)
