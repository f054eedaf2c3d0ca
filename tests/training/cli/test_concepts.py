"""The command's arguments; what it does is tried in tests/training/comparison/concepts."""

import pytest

from training.cli.parser import build_parser, main


def test_the_command_needs_a_folder_for_what_it_writes(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["concepts", "phantom"])
    assert "--out" in capsys.readouterr().err


def test_a_running_mean_is_refused_before_anything_is_made(tmp_path, capsys):
    command = ["concepts", "phantom", "--out", str(tmp_path / "out"), "--set", "averaging=0.9"]
    assert main(command) == 2
    assert "mean of rotations" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
