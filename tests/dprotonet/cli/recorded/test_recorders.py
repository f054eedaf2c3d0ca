from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import ExplainRequest, PredictRequest
from dprotonet.cli.inputs import InputFile
from dprotonet.cli.recorded.recorders import absolute, recorder_of, run_digest
from tests.dprotonet.cli.small_images import write_frames


@pytest.fixture(scope="module")
def opened(bundle) -> Bundle:
    return Bundle.load(bundle, with_model=False)


def test_the_records_are_those_of_standard_output(shell, bundle, opened, tmp_path):
    image = write_frames(tmp_path / "cine", frames=2)
    recorder = recorder_of(PredictRequest((image,), bundle, "cpu", "json"), opened)
    source = InputFile(image, PurePath("cine"), 1)

    _, printed, _ = shell("predict", image, "--model", bundle)

    assert recorder.records(source, None) == printed


def test_an_explanation_without_a_place_is_a_mistake(bundle, opened, tmp_path):
    request = ExplainRequest((), bundle, "cpu", tmp_path, ("class",), 0, "mdm", "instant")
    recorder = recorder_of(request, opened)

    with pytest.raises(ValueError, match="a place"):
        recorder.records(InputFile(tmp_path / "a", PurePath("a"), 1), None)


def test_what_changes_the_records_changes_the_run_and_nothing_else_does(bundle, opened):
    predict = PredictRequest((Path("a"),), bundle, "cpu", "json")
    explain = ExplainRequest((), bundle, "cpu", Path("/o"), ("class",), 0, "mdm", "draft")
    run = run_digest(predict, opened)

    same = replace(predict, paths=(Path("b"),), scheduler="x", out=Path("r"), engine="onnxruntime")
    assert run_digest(same, opened) == run
    others = [replace(explain, seed=1), replace(explain, tier="full"), explain, predict]
    assert len({run_digest(other, opened) for other in others}) == 4


def test_a_request_is_made_independent_of_the_folder_it_is_given_in():
    request = absolute(
        ExplainRequest((), Path("m"), "cpu", Path("o"), ("class",), 0, "mdm", "full")
    )

    assert request.model.is_absolute() and request.out.is_absolute()
