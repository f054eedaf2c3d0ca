import pytest

from dprotonet.cli.parser import Parser, path_of
from dprotonet.errors import WrongRequest


def test_an_error_is_one_sentence_that_names_the_help():
    parser = Parser(prog="tool")
    parser.add_argument("--number", type=int)
    with pytest.raises(WrongRequest, match=r"invalid int value.*`tool --help` shows the usage"):
        parser.parse_args(["--number", "x"])


def test_an_empty_path_is_not_the_current_folder():
    with pytest.raises(WrongRequest, match="path is empty"):
        path_of("")
