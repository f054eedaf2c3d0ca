import json
from dataclasses import replace

import pytest

import training.benchmarks.heatmaps.run
from dprotonet.errors import ReadableError
from tests.training.benchmarks.heatmaps.quick_run import EVIDENT
from training.benchmarks.heatmaps.run import benchmark
from training.benchmarks.heatmaps.selection import evident_images, named


def test_images_are_tried_until_enough_are_confirmed_and_none_is_tried_twice(evident):
    by_name, asked = named(evident, ()), []

    def confirm(sample):
        asked.append(sample.sample_id)
        return len(asked) % 2 == 0

    first = evident_images(by_name, 2, (), (), confirm)
    assert len(asked) == 4 and len(first.images) == len(first.unconfirmed) == 2
    more = evident_images(by_name, 3, first.images, first.unconfirmed, confirm)
    assert set(first.images) < set(more.images) and len(more.images) == 3
    assert len(asked) == len(set(asked)) == 6


def test_images_whose_evidence_is_not_known_are_not_asked_about(samples):
    with pytest.raises(ReadableError, match=r"\(0 were tried\)"):
        evident_images(named(samples, ()), 2, (), (), pytest.fail)


def test_the_plan_remembers_what_was_left_out(folder, evident, evident_run, monkeypatch):
    file = evident_run.folder / "plan.json"
    before = json.loads(file.read_text())
    assert len(before["films"]) == len(before["unconfirmed"]) == 4
    monkeypatch.setattr(training.benchmarks.heatmaps.run, "split_samples", lambda *_: evident)
    monkeypatch.setattr(training.benchmarks.heatmaps.run, "_confirm", lambda *_: pytest.fail)
    assert benchmark(folder, None, EVIDENT, evident_run.folder) == evident_run.page
    assert json.loads(file.read_text()) == before
    with pytest.raises(ReadableError, match="begun with evidence True, not False"):
        plain = replace(EVIDENT, evidence=False, primary=(), primary_fills=())
        benchmark(folder, None, plain, evident_run.folder)
