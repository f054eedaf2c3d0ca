"""Programs that `make tools` gives environments of their own; without them a skip, and a failure
with CI=true."""

import os
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
