"""The commands of whoever makes models: ``models key`` and ``models sign``. They open no data."""

from __future__ import annotations

from app.cli.requests import MakeKey, SignModel
from app.services.trust.keys import new_key, public_text, read_key
from app.services.trust.signatures import sign
from app.store.errors import readable_errors


def run(request: MakeKey | SignModel, passphrase: str) -> int:
    """Make a key, or sign a bundle that is whole.

    Raises:
        Refused: there is such a key already, or it cannot be opened.
        UnusableBundle: a part of the bundle is missing or altered.
    """
    with readable_errors():
        if isinstance(request, MakeKey):
            public = new_key(request.path, passphrase)
            print("Models that it signs are trusted where the list of trusted models has the line")
            print(f"ed25519 {public} NAME")
            return 0
        from dprotonet.bundle.bundle import Bundle

        key = read_key(request.key, passphrase)
        bundle = Bundle.load(request.folder, with_model=False)
        sign(request.folder, bundle.digest, key)
        print(f"{bundle.name} {bundle.digest[:8]} is signed by {public_text(key.public_key())}.")
        return 0
