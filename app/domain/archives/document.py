"""The archives of a site as its TOML file says; passwords stand elsewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.domain.archives.archive import Archive, Credentials
from app.domain.errors import Refused

MOST = 50  # archives of one site
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "address": str,
    "qido": str,
    "wado": str,
    "stow": str,
    "user": str,
    "password_file": str,
    "password_env": str,
    "token_file": str,
    "token_env": str,
    "ca_file": str,
    "timeout_seconds": (int, float),
    "plain_http": bool,
}
_SECRETS = ("password_file", "password_env", "token_file", "token_env")


def archives_of(
    text: str, *, env: Mapping[str, str], read_file: Callable[[Path], str]
) -> tuple[Archive, ...]:
    """The archives that a document describes, each as a table ``[[archive]]``.

    Args:
        text: the TOML document.
        env: where names of ``password_env`` and ``token_env`` are looked up.
        read_file: gives the text of a secret's file, or refuses one that others may read.

    Raises:
        Refused: it is no such document; the sentence names the archive and what to change.
    """
    try:
        tables = tomllib.loads(text).get("archive")
    except tomllib.TOMLDecodeError as error:
        # Its text may quote the line, which could hold what should not be there.
        where = f"{error}".rpartition("(")[2].rstrip(")")
        raise Refused(f"The file of archives is no TOML ({where}). Correct it there.") from None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise Refused("The file names no archive. Begin each one with a line [[archive]].")
    if len(tables) > MOST:
        raise Refused(f"The file names more than {MOST} archives. Leave some out.")
    found = tuple(_archive(table, env, read_file) for table in tables)
    names = [archive.name for archive in found]
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"Two archives are called {name}. Give each a name of its own.")
    return found


def _archive(
    table: Mapping[str, Any], env: Mapping[str, str], read_file: Callable[[Path], str]
) -> Archive:
    name = table.get("name")
    if not isinstance(name, str):
        raise Refused('An archive has no name. Give one, such as name = "main".')
    for key, value in table.items():
        if key in ("password", "token"):
            raise Refused(
                f"The archive {name} has a {key} in the file of archives. Take it out, put it "
                f"into a file of its own that only its owner can read, and name that: {key}_file."
            )
        kind = _KINDS.get(key)
        if kind is None:
            known = ", ".join(_KINDS)
            raise Refused(f"The archive {name} has “{key[:40]}”, which is not known. Use {known}.")
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise Refused(f"The archive {name} has a {key} of the wrong kind. Look it up.")
    address = _address(table, "address")
    if not address and not all(key in table for key in ("qido", "wado", "stow")):
        raise Refused(f"The archive {name} has no address. Give address, or qido, wado and stow.")
    return Archive(
        name=name,
        search=_address(table, "qido") or address,
        retrieve=_address(table, "wado") or address,
        store=_address(table, "stow") or address,
        credentials=_credentials(name, table, env, read_file),
        ca_file=_ca_file(name, table),
        timeout=float(table.get("timeout_seconds", 30.0)),
        plain_http=table.get("plain_http", False),
    )


def _address(table: Mapping[str, Any], key: str) -> str:
    return str(table.get(key, "")).strip().rstrip("/")


def _ca_file(name: str, table: Mapping[str, Any]) -> Path | None:
    if "ca_file" not in table:
        return None
    path = Path(table["ca_file"]).expanduser().absolute()
    if not path.is_file():
        raise Refused(f"The archive {name} names {path} as its ca_file, which is no file.")
    return path


def _credentials(
    name: str, table: Mapping[str, Any], env: Mapping[str, str], read_file: Callable[[Path], str]
) -> Credentials | None:
    given = [key for key in _SECRETS if key in table]
    if not given and "user" not in table:
        return None
    is_token = bool(given) and given[0].startswith("token")
    if len(given) != 1 or is_token == ("user" in table) or table.get("user") == "":
        raise Refused(
            f"The archive {name} is to be known by user with password_file or password_env, or by "
            "token_file or token_env alone. Give one of them."
        )
    key, where = given[0], table[given[0]]
    if key.endswith("_env"):
        secret = env.get(where, "").strip()
        if not secret:
            raise Refused(f"The archive {name} names the variable {where}, which is empty. Set it.")
    else:
        secret = read_file(Path(where).expanduser().absolute()).strip()
    try:
        return Credentials(table.get("user", ""), secret)
    except Refused as error:
        raise Refused(f"The archive {name} cannot be signed in to: {error}.") from None
