import argparse
import json
from dataclasses import dataclass

import pytest

from dprotonet.errors import ReadableError
from training.cli.options import (
    add_command,
    fold_count,
    print_json,
    repeatable_command,
    usable_device,
)


@dataclass(frozen=True)
class _Arguments:
    number: int
    repeatable: str


def test_a_command_gets_its_own_dataclass():
    received = []
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    add_command(commands, "count", received.append, _Arguments, about="").add_argument(
        "--number", type=int
    )
    namespace = parser.parse_args(["count", "--number", "3"])
    namespace.repeatable = "python -m training count --number 3"
    namespace.run(namespace)
    assert received == [_Arguments(3, "python -m training count --number 3")]


def test_the_repeatable_command_names_no_folder_of_the_machine():
    line = [
        "train",
        "nih",
        "--data",
        "/home/me/nih",
        "--set",
        "weights=/w/a.bin",
        "--x=y z",
    ]
    assert repeatable_command(line) == (
        "python -m training train nih --data nih --set weights=a.bin '--x=y z'"
    )


@pytest.mark.parametrize("text", ["1", "0", "-3"])
def test_fewer_than_two_folds_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="at least 2"):
        fold_count(text)
    assert fold_count("2") == 2


def test_a_device_that_is_not_there_is_one_sentence():
    assert usable_device("cpu") == "cpu"
    assert usable_device(None) in ("cpu", "cuda")
    with pytest.raises(ReadableError, match="'cuda:99' cannot be used here"):
        usable_device("cuda:99")


def test_results_are_json_with_letters_as_they_are(capsys):
    print_json({"finding": "Erguß"})
    printed = capsys.readouterr().out
    assert "Erguß" in printed and json.loads(printed) == {"finding": "Erguß"}
