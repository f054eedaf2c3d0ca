"""Patients' images under names that say nothing of a person or a file, always the same ones."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dprotonet.atomic_files import write_private
from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset

SALT = ".dprotonet-salt"
"""File in the data folder: 64 hexadecimal digits, for its owner alone."""
PREFIX = "image-"
_PATIENCE = 2.0  # seconds for another process to write the salt that it has begun
_DIGITS = re.compile(rb"[0-9a-f]{64}\s*")


def unnamed(dataset: Dataset, folder: Path) -> Dataset:
    """The data set with a salted hash as the name of each image.

    Patients stay as they are: they group images in memory and are written nowhere, so that a salt
    that is lost moves no image to another side of the split.

    Args:
        folder: of the data, where the salt is kept, and made where there is none.

    Raises:
        ReadableError: the salt cannot be read or made.
    """
    salt = salt_of(folder)
    return replace(
        dataset,
        samples=tuple(replace(s, sample_id=_name(salt, s.sample_id)) for s in dataset.samples),
        skipped=tuple(_name(salt, path) for path in dataset.skipped),
    )


def salt_of(folder: Path) -> bytes:
    """The folder's salt, 32 bytes.

    Raises:
        ReadableError: it cannot be read or made.
    """
    path = folder / SALT
    try:
        with suppress(FileExistsError):
            write_private(path, f"{secrets.token_hex(32)}\n".encode("ascii"))
        return _read(path)
    except OSError as error:
        if path.is_file():
            why, mend = "read", "Let its owner run this"
        else:
            why, mend = "written", "Let this folder be written to once"
        raise ReadableError(
            f"The salt {path} cannot be {why} ({error.strerror}). {mend}, or leave unnamed out "
            "where the images show nobody."
        ) from error


def _read(path: Path) -> bytes:
    until = time.monotonic() + _PATIENCE
    while not _DIGITS.fullmatch(text := path.read_bytes()):
        if len(text) >= 64 or time.monotonic() > until:
            raise ReadableError(
                f"{path} is no salt. Put the file of the first training there, or remove it, "
                "and the images get new names."
            )
        time.sleep(0.05)
    return bytes.fromhex(text.decode("ascii").strip())


def _name(salt: bytes, sample_id: str) -> str:
    text = sample_id.encode("utf-8", "surrogateescape")
    return f"{PREFIX}{hmac.new(salt, text, hashlib.sha256).hexdigest()[:32]}"
