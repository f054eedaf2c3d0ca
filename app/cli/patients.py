"""The commands around pseudonyms: ``new-key`` and ``reidentify``."""

from __future__ import annotations

from contextlib import closing

from app import bootstrap
from app.cli.requests import NewKey, Reidentify
from app.services.deidentify.key import load_key, write_key
from app.services.deidentify.reidentify import reidentify
from app.settings import Settings


def new_key(settings: Settings, request: NewKey) -> int:
    """Write a new key for pseudonyms."""
    write_key(request.file, settings)
    print(
        f"The key is in {request.file}. Name it in DPROTONET_PSEUDONYM_KEY, and keep a copy in a "
        "safe place: without it no pseudonym leads back to a person."
    )
    return 0


def print_identities(settings: Settings, request: Reidentify) -> int:
    """Print whom a pseudonym stands for."""
    key = load_key(settings)
    with closing(bootstrap.open_workplace(settings)) as workplace:
        found = reidentify(workplace, request.pseudonym, key=key)
    for identity in found:
        print(f"{identity.patient}  {identity.image}".strip())
        for name, value in identity.told.items():
            print(f"  {name}: {value}")
    return 0
