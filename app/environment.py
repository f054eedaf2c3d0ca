"""Values in the environment: their text becomes numbers, folders, yes and no, or a sentence that
names the variable and what it may be."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from app.domain.errors import Refused

SHORTEST_TOKEN = 20  # characters
Choice = TypeVar("Choice", bound=str)


class WrongSetting(Refused):
    """A value in the environment that cannot be used."""


def yes(env: Mapping[str, str], name: str) -> bool:
    """Yes or no; empty is no."""
    text = env.get(name, "").strip().lower()
    if text in ("", "0", "no", "false"):
        return False
    if text in ("1", "yes", "true"):
        return True
    raise WrongSetting(f"{name} is “{text}”. Give 1 for yes or 0 for no.")


def yes_or_none(env: Mapping[str, str], name: str) -> bool | None:
    """Yes or no; None where the variable is empty."""
    return yes(env, name) if env.get(name, "").strip() else None


def number(
    env: Mapping[str, str], name: str, default: int, *, unit: str, least: int = 1, most: int = 10**6
) -> int:
    """A whole number.

    Args:
        env: the environment.
        name: of the variable.
        default: where it is empty.
        unit: what it is a number of, for the sentence.
        least: that is taken.
        most: that is taken.
    """
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise WrongSetting(
            f"{name} is “{text}”, which is no {unit}. Give a whole number from {least} to {most}."
        )
    return number


def days(env: Mapping[str, str], name: str) -> int | None:
    """A number of days, 1 to 36,500; None where the variable is empty."""
    if not env.get(name, "").strip():
        return None
    return number(env, name, 1, unit="number of days", most=36_500)


def one_of(env: Mapping[str, str], name: str, choices: tuple[Choice, ...], *, mend: str) -> Choice:
    """One of some words, in any case; the first where the variable is empty.

    Args:
        env: the environment.
        name: of the variable.
        choices: the words.
        mend: the sentence that says what to give.
    """
    text = env.get(name, "").strip().lower() or choices[0]
    for known in choices:
        if text == known:
            return known
    raise WrongSetting(f"{name} is “{text}”. {mend}")


def token(env: Mapping[str, str], name: str) -> str:
    """A secret that a header can carry and that is hard to guess; "" where there is none."""
    token = env.get(name, "").strip()
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or " " in token):
        raise WrongSetting(
            f"{name} is too easy to guess, or has characters that no header carries. Give at least "
            f"{SHORTEST_TOKEN} ASCII characters without spaces, as “openssl rand -hex 16” prints."
        )
    return token


def folder(env: Mapping[str, str], name: str) -> Path | None:
    """A folder that is there; None where the variable is empty."""
    text = env.get(name, "").strip()
    return _existing(name, text) if text else None


def folders(env: Mapping[str, str], name: str) -> tuple[Path, ...]:
    """Folders that are there, divided as the system divides its PATH."""
    parts = (part.strip() for part in env.get(name, "").split(os.pathsep))
    return tuple(_existing(name, part) for part in parts if part)


def file(env: Mapping[str, str], name: str) -> Path | None:
    """A file that is there; None where the variable is empty."""
    text = env.get(name, "").strip()
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        raise WrongSetting(f"{name} names {path}, which is no file. Correct or remove it.")
    return path


def private_text(path: Path, *, named_by: str) -> str:
    """The text of a secret's file, stripped, where its owner alone may read it.

    Args:
        path: of the file.
        named_by: what names it, for the sentence.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise WrongSetting(
            f"{named_by} names {path}, which cannot be read. Correct it, or bring the file back "
            "from where its copy is kept."
        ) from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise WrongSetting(f"Others may read a secret. Close its file with: chmod 600 {path}")
    return text


def _existing(name: str, text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise WrongSetting(f"{name} names {folder}, which is no folder. Correct or remove it.")
    return folder
