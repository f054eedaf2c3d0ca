"""Secret keys of 32 bytes that a setting names: a file outside the data, or their digits."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from app.domain.errors import Refused
from app.environment import WrongSetting, private_text
from dprotonet.atomic_files import write_private

_HEX = re.compile(r"[0-9a-fA-F]{64}\Z")


class WrongKey(Refused):
    """The key is missing, cannot be used, or is not the one that was used before."""


def read_secret(text: str, *, variable: str, data: Path) -> bytes:
    """The key that a setting names: a file, or 64 hexadecimal digits.

    Args:
        text: the setting.
        variable: its name, for sentences.
        data: the data folder, in which no key may lie.

    Returns:
        32 bytes.

    Raises:
        WrongKey: others could read it, it lies where copies of the data go, or is none.
    """
    if not _HEX.match(text):
        text = _from_file(Path(text).expanduser().absolute(), variable, data)
    return bytes.fromhex(text)


def write_secret(path: Path, *, data: Path) -> None:
    """Make a new key in a new file that only this user can read.

    Raises:
        WrongKey: the file exists, cannot be written, or would lie in the data folder.
    """
    _check_place(path.expanduser().absolute(), data)
    try:
        write_private(path, f"{secrets.token_hex(32)}\n".encode("ascii"))
    except FileExistsError:
        raise WrongKey(f"{path} exists. A key is never written over: give another name.") from None
    except OSError as error:
        raise WrongKey(f"{path} could not be written ({error.strerror}). Give another.") from None


def _from_file(path: Path, variable: str, data: Path) -> str:
    _check_place(path, data)
    try:
        text = private_text(path, named_by=variable)
    except WrongSetting as error:
        raise WrongKey(str(error)) from None
    if not _HEX.match(text):
        raise WrongKey(f"{path} holds no key: a key is 64 hexadecimal digits.")
    return text


def _check_place(path: Path, data: Path) -> None:
    if path.resolve().is_relative_to(data.resolve()):
        raise WrongKey(
            "The key lies in the data folder, so every copy of the data would carry it. Keep it "
            "elsewhere and name it in the settings."
        )
