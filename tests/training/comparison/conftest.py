import pytest

from tests.training.conftest import SMALL
from training.__main__ import main

ARGUMENTS = ["--presets", "blackbox", "dprotonet", "protopnet", "--seeds", "0", "1"]


def settings(*more):
    return [word for setting in (*SMALL, "epochs=2", *more) for word in ("--set", setting)]


@pytest.fixture(scope="package")
def command(class_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("compared")
    arguments = ["compare", "folder", "--data", str(class_folder), "--out", str(out)]
    return out, [*arguments, "--device", "cpu", *ARGUMENTS, *settings("name=colours")]


@pytest.fixture(scope="package")
def compared(command):
    out, arguments = command
    assert main(arguments) == 0
    return out
