"""What others' programs say of a DICOM object; without them a skip, and a failure with CI=true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

PACKAGES = {"dciodvfy": "dicom3tools", "dsrdump": "dcmtk", "dcmdump": "dcmtk"}
_ELEMENT = re.compile(r"Element=<(\w+)>")


def program(name: str) -> str:
    """Where a program lies."""
    path = shutil.which(name)
    if path is None:
        reason = f"{name} is not installed (Debian: apt-get install {PACKAGES[name]})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def errors(file: Path) -> list[str]:
    """The Error lines of dciodvfy."""
    said = subprocess.run(
        [program("dciodvfy"), str(file)], capture_output=True, text=True, errors="replace"
    )
    lines = (said.stdout + said.stderr).splitlines()
    assert lines, "it says at least which kind of object it is"
    return [line for line in lines if line.startswith("Error")]


def errors_of_ours(made: Path, source: Path) -> list[str]:
    """Error lines of an object without those about an element that is wrong in its source too:
    what a file says of patient and study is handed on as it is."""
    inherited = {name for line in errors(source) for name in _ELEMENT.findall(line)}
    return [line for line in errors(made) if not inherited.intersection(_ELEMENT.findall(line))]


def report_text(file: Path) -> str:
    """A structured report as dcmtk prints it; it fails on one that it does not understand."""
    said = subprocess.run(
        [program("dsrdump"), "+Pc", str(file)],
        capture_output=True,
        check=True,
    )
    assert b"E: " not in said.stderr, said.stderr
    return said.stdout.decode()


def dump(file: Path) -> str:
    """All elements as dcmtk prints them."""
    said = subprocess.run([program("dcmdump"), str(file)], capture_output=True, check=True)
    assert b"E: " not in said.stderr, said.stderr
    return said.stdout.decode(errors="replace")


def written(made: Dataset, folder: Path, name: str) -> Path:
    """An object as a file."""
    path = folder / f"{name}.dcm"
    made.save_as(path, enforce_file_format=True)
    return path
