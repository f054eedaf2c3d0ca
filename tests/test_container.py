"""The Dockerfile is as its linter wants it, and gives away nothing that is not needed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

DOCKERFILE = ROOT / "Dockerfile"


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        assert os.environ.get("CI") != "true", "hadolint is not installed"
        pytest.skip("hadolint is not installed: there is none for this system")
    found = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("secret", ["TOKEN", "PASSWORD", "SECRET", "PASSPHRASE", "KEY"])
def test_no_secret_is_built_in(secret: str) -> None:
    names = re.findall(r"^(?:ENV|ARG)?\s*([A-Z_]+)=", DOCKERFILE.read_text(), flags=re.MULTILINE)
    assert names and not any(secret in name for name in names)


def test_its_user_is_a_number_that_is_not_root_and_owns_only_its_data() -> None:
    text = DOCKERFILE.read_text()
    (user,) = re.findall(r"^USER (\d+):\d+$", text, flags=re.MULTILINE)
    assert int(user) > 0
    assert "--chown" not in text and text.count("--owner=") == 1
