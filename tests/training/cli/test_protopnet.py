"""The command's arguments; what it does is tried in tests/training/comparison/protopnet."""

import pytest

from training.cli.parser import build_parser


def test_the_command_needs_a_folder_for_what_it_writes(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["protopnet", "phantom"])
    assert "--out" in capsys.readouterr().err
