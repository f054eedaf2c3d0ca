import dataclasses

import pytest

from training.cli import accept, benchmark, compare, data, evaluate, learn, train
from training.cli.parser import build_parser, main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "chest", "--out", "x"], "There is no recipe 'chest'"),
        (["train", "nih", "--out", "x"], "Give their folder by --data"),
        (["train", "nih", "--out", "x", "--data", "nowhere"], "There is no folder nowhere"),
        (["train", "nih", "--out", "x", "--set", "epoch=3"], "Did you mean epochs"),
        (["train", "folder", "--out", "x", "--preset", "blackbox"], "a black box beside"),
        (["evaluate", "nowhere", "--data", "nowhere"], "holds no model"),
    ],
)
def test_what_is_given_wrong_is_one_sentence_and_status_two(
    arguments, sentence, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("train folder --out o", train.TrainArguments),
        ("compare folder --out o", compare.CompareArguments),
        ("studies f", compare.StudiesArguments),
        ("evaluate b", evaluate.EvaluateArguments),
        ("accept b --data d", accept.AcceptArguments),
        ("bench b --out o", benchmark.BenchArguments),
        ("card b", evaluate.CardArguments),
        ("gallery b", data.GalleryArguments),
        ("pointing b", evaluate.HeatmapArguments),
        ("boxes o", evaluate.BoxesArguments),
        ("shortcut b", evaluate.ShortcutArguments),
        ("phantom --out o", data.PhantomArguments),
        ("throughput phantom", benchmark.ThroughputArguments),
        ("probe folder", evaluate.ProbeArguments),
        ("learn b --feedback f --out o", learn.LearnArguments),
        ("responses b", learn.ResponsesArguments),
    ],
)
def test_every_option_of_a_command_has_its_field(line, arguments):
    options = vars(build_parser().parse_args(line.split())).keys() - {"command", "run"}
    fields = {field.name for field in dataclasses.fields(arguments)}
    assert options | {"repeatable"} == fields | {"repeatable"}
