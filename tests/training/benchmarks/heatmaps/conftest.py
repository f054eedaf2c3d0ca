import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import training.benchmarks.heatmaps.run
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.training.benchmarks.heatmaps.made_up_rows import METHODS, PLAN, row
from tests.training.benchmarks.heatmaps.quick_run import EVIDENT, QUICK, FinishedRun
from tests.training.image_files import image_files
from training.benchmarks.heatmaps.run import benchmark
from training.benchmarks.heatmaps.table import tabulate
from training.datasets.samples import Box, Evidence, Sample


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """A bundle of random weights."""
    bundle_folder = tmp_path_factory.mktemp("bundle") / "tiny"
    make_tiny_bundle(bundle_folder, threshold=None)
    return bundle_folder


@pytest.fixture(scope="package")
def samples(tmp_path_factory):
    """Eight images of four patients, each with a box on the right class."""
    return tuple(
        Sample(
            f"Doe^Jane-{number}",
            path,
            f"Doe-{number // 2}",
            number % 2,
            boxes=(Box(8, 8, 32, 32),),
        )
        for number, path in enumerate(image_files(tmp_path_factory.mktemp("images")))
    )


@pytest.fixture(scope="package")
def evident(samples):
    """The same, each with a mark in its corner, without which it is another image: one of the other
    class, but of two it is the same."""

    def marked(number, sample):
        def evidence():
            without = samples[{4: 4, 7: 7}.get(number, 1 - number % 2)].load()
            mask = np.zeros(without.shape, dtype=bool)
            mask[:16, :16] = True
            return Evidence("text" if number % 2 else "patch", mask, without)

        return replace(sample, evidence=evidence)

    return tuple(marked(number, sample) for number, sample in enumerate(samples))


@pytest.fixture(scope="package")
def evident_run(folder, evident, tmp_path_factory) -> FinishedRun:
    """A finished run on known evidence, with stability and fills that nobody has seen."""
    return run_on(evident, folder, EVIDENT, tmp_path_factory.mktemp("evident") / "run")


def run_on(images, folder, request, out) -> FinishedRun:
    """A run whose bundle's data set has these images in every split."""
    with pytest.MonkeyPatch.context() as patched:
        give(images, patched)
        return FinishedRun(out, benchmark(folder, None, request, out))


def give(images, monkeypatch):
    """Every split has these images; nothing is plotted, which takes longer than all the rest."""
    monkeypatch.setattr(training.benchmarks.heatmaps.run, "split_samples", lambda *_: images)
    monkeypatch.setattr(training.benchmarks.heatmaps.run, "plot", lambda *_: None)


@pytest.fixture
def split(samples, monkeypatch):
    """The samples, as every split of the bundle's data set."""
    give(samples, monkeypatch)
    return samples


@pytest.fixture(scope="package")
def finished(folder, samples, tmp_path_factory) -> FinishedRun:
    """A finished quick run, to be read; a test that changes one takes ``out``."""
    return run_on(samples, folder, QUICK, tmp_path_factory.mktemp("finished") / "run")


@pytest.fixture
def out(finished, split, tmp_path) -> Path:
    """A copy of the finished quick run."""
    return Path(shutil.copytree(finished.folder, tmp_path / "run"))


@pytest.fixture(scope="package")
def table():
    """Of 40 images that are made up."""
    chance = np.random.default_rng(0)
    images = [row(number, chance) for number in range(40)]
    return tabulate(PLAN, METHODS, images, resamples=500)


@pytest.fixture(scope="package")
def evident_table(evident_run):
    """The figures of the run on known evidence."""
    return json.loads((evident_run.folder / "bench.json").read_text())
