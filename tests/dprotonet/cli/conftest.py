"""A small model, and the shell in this process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dprotonet.cli.main import main
from tests.dprotonet.tiny_bundle import make_tiny_bundle

Records = list[dict]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with random weights and twelve prototypes."""
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    return make_tiny_bundle(folder, prototypes_per_class=6).path


@pytest.fixture
def shell(capsys: pytest.CaptureFixture) -> Callable[..., tuple[int, Records, str]]:
    """Runs one command in this process: exit status, records of standard output, standard error."""

    def run(*words: object) -> tuple[int, Records, str]:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err

    return run
