"""The commands' arguments; what they do is tried in tests/training/learning and evaluation."""

import pytest

from dprotonet.editing.sparse import L1
from dprotonet.prototypes.nearest_patches import LEAST, NEAREST
from training.cli.parser import build_parser


def test_pruning_is_as_published_where_nothing_else_is_said():
    arguments = build_parser().parse_args(["prune", "BUNDLE", "--out", "NEW"])
    assert (arguments.nearest, arguments.least, arguments.l1) == (NEAREST, LEAST, L1)


@pytest.mark.parametrize("command", [["global", "BUNDLE"], ["local", "BUNDLE", "IMAGE"]])
def test_the_pages_need_a_folder(command, capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(command)
    assert "--out" in capsys.readouterr().err
