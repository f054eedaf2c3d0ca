from dataclasses import replace
from pathlib import PurePath

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import PredictRequest
from dprotonet.cli.inputs import InputFile
from dprotonet.cli.recorded import task
from dprotonet.cli.recorded.recorders import run_digest
from dprotonet.cli.recorded.task import run_file
from tests.dprotonet.cli.small_images import write_broken, write_png


@pytest.fixture
def given(bundle, tmp_path, monkeypatch):
    """A request, its run and a file."""
    monkeypatch.setattr(task, "_loaded", None)
    request = PredictRequest((), bundle, "cpu", "json")
    run = run_digest(request, Bundle.load(bundle, with_model=False))
    return request, run, InputFile(write_png(tmp_path / "a.png"), PurePath("a.png"), 1)


def test_the_model_stays_loaded_for_the_next_file(given, monkeypatch):
    request, run, source = given
    first = run_file(request, run, source, None)
    monkeypatch.setattr(task, "recorder_of", lambda *_: pytest.fail("loaded again"))

    assert run_file(request, run, source, None) == first
    assert first.records[0]["prediction"] and not first.refusal


def test_a_broken_image_is_a_record_and_no_refusal(given, tmp_path):
    request, run, source = given
    broken = replace(source, path=write_broken(tmp_path / "b.png"))

    (record,) = run_file(request, run, broken, None).records
    assert record["error"]


def test_a_worker_with_another_model_says_so(given):
    request, _, source = given

    assert "another model" in run_file(request, "0" * 32, source, None).refusal


def test_a_worker_that_does_not_see_the_file_says_so(given, tmp_path):
    request, run, source = given
    away = replace(source, path=tmp_path / "away.png")

    assert "open files by the same path" in run_file(request, run, away, None).refusal
