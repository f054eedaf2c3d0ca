"""Programs that `make tools` gives environments of their own; without them a skip, and a failure
with CI=true."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT


def tool(environment: str, name: str) -> Path:
    """Where a program lies.

    Args:
        environment: "encodings", "linters" or "s3".
        name: of the program.
    """
    path = ROOT / "build" / environment / "bin" / name
    if not path.exists():
        reason = f"{name} is not installed (make tools)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def assert_passes_with(environment: str, file: str, words: str) -> None:
    """Run some tests of a file with an environment's own Python; none may fail or be skipped.

    Args:
        environment: "encodings".
        file: of the tests.
        words: that their names hold.
    """
    program = tool(environment, "python")
    command = [program, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, "-k", words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
