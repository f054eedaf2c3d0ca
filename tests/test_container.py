"""The Dockerfile is as its linter wants it, and gives away nothing that is not needed; the program
works under the seccomp profile of the container, which refuses the rest."""

import ctypes
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.browser.running import Program
from tests.paths import ROOT
from tests.s3 import bucket, s3_server
from tests.under_seccomp import REFUSED

__all__ = ["bucket", "s3_server"]
DOCKERFILE = ROOT / "Dockerfile"
PROFILE = ROOT / "docs/container/seccomp.json"
UNDER = (sys.executable, "-m", "tests.under_seccomp", str(PROFILE))


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


@pytest.fixture
def seccomp() -> None:
    """The calls' numbers are those of x86_64; libseccomp is the system's."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the test knows the calls of Linux on x86_64")
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        assert os.environ.get("CI") != "true", "libseccomp is not installed"
        pytest.skip("libseccomp is not installed")


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("seccomp")
def test_the_profile_refuses_what_the_program_never_calls() -> None:
    refused = dict(line.split() for line in run(*UNDER).splitlines())
    assert refused == dict.fromkeys(REFUSED, "EPERM")
    free = run(
        sys.executable,
        "-c",
        "from tests.under_seccomp import outcomes; print(*outcomes().values())",
    )
    assert set(free.split()) != {"EPERM"}  # here, without the profile, others say otherwise


@pytest.mark.usefixtures("seccomp")
def test_the_program_takes_in_predicts_and_explains_under_the_profile(tmp_path: Path) -> None:
    program = Program(tmp_path, under=UNDER)
    program.start()
    try:
        case, model = "assets/cases/nodule-12bit-two-windows.dcm", "assets/models/nih-pneumonia"
        explained = ["explain", case, "--model", model, "--out", str(tmp_path / "explained")]
        run(*UNDER, sys.executable, "-m", "dprotonet", *explained)
        until = time.monotonic() + 60
        while not predicted(tmp_path) and time.monotonic() < until:
            time.sleep(0.2)
        assert predicted(tmp_path), (tmp_path / "server.log").read_text()
    finally:
        program.stop()
    assert list((tmp_path / "explained").glob("*.heatmap.npy"))


@pytest.mark.tools
@pytest.mark.usefixtures("seccomp")
def test_an_s3_store_is_asked_under_the_profile(bucket: str) -> None:
    said = run(
        *UNDER,
        sys.executable,
        "-c",
        "import sys; from app.store.files.blobs import Blobs; blobs = Blobs(sys.argv[1]);"
        "print(blobs.read(blobs.put(bytes(9 << 20))) == bytes(9 << 20))",
        f"{bucket}/blobs",
    )
    assert said.strip() == "True"


def predicted(data: Path) -> int:
    """How many images that came in were read by the model."""
    with sqlite3.connect(data / "review.sqlite3") as rows:
        (count,) = rows.execute("SELECT count(*) FROM prediction").fetchone()
    return int(count)
