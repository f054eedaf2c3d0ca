"""The parser that all commands use: an error is one sentence, and no path is empty."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from dprotonet.errors import WrongRequest

PROGRAM = "dprotonet" if Path(sys.argv[0]).stem == "dprotonet" else "python -m dprotonet"
"""How this program was started: by its installed script, or as a module."""


class Parser(argparse.ArgumentParser):
    """A parser that raises its error as one sentence instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise WrongRequest."""
        sentence = message[:1].upper() + message[1:].rstrip(".")
        raise WrongRequest(f"{sentence}. `{self.prog} --help` shows the usage.")


def path_of(text: str) -> Path:
    """A path of the command line.

    Raises:
        WrongRequest: it is empty.
    """
    # Path("") is the current folder: an empty shell variable must not stand for it.
    if not text:
        raise WrongRequest("A path is empty: check the variable it came from.")
    return Path(text)
