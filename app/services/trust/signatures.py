"""Signatures of a bundle, in a file beside its parts.

What is signed is the bundle's digest, which holds the hashes of all its parts. So a signature stays
good when a bundle is copied, and is worth nothing once a byte of it changes. The file is no part of
the bundle: signing changes no digest, and several may sign.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.domain.trust import public_key
from app.services.trust.keys import public_text
from dprotonet.atomic_files import write_whole

SIGNATURES = "signatures.json"
SCHEMA = "dprotonet-review/signatures/1"
MOST_BYTES = 64 << 10
_SAID = b"dprotonet bundle, schema 1: "  # so that the key's signatures of other things are none


def sign(folder: Path, digest: str, key: Ed25519PrivateKey) -> None:
    """Add a signature, or put it in the place of one by the same key.

    Args:
        folder: of a bundle that was checked.
        digest: of that bundle, 64 hexadecimal digits.
        key: of the signer.
    """
    own = public_text(key.public_key())
    kept = [one for one in _read(folder) if one.get("key") != own]
    signature = base64.b64encode(key.sign(_SAID + digest.encode())).decode()
    text = json.dumps(
        {"schema": SCHEMA, "signatures": [*kept, {"key": own, "signature": signature}]}, indent=1
    )
    write_whole(folder / SIGNATURES, lambda stream: stream.write(text.encode() + b"\n"))


def signers(folder: Path, digest: str) -> frozenset[bytes]:
    """The raw public keys whose signature of this digest is in the folder and holds.

    A file that is damaged, or too large, holds none.
    """
    return frozenset(
        key
        for one in _read(folder)
        if (key := public_key(str(one.get("key")))) is not None
        and _holds(key, str(one.get("signature")), digest)
    )


def _read(folder: Path) -> list[dict[str, object]]:
    path = folder / SIGNATURES
    try:
        if path.stat().st_size > MOST_BYTES:
            return []
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return []
    entries = found.get("signatures")
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _holds(key: bytes, signature: str, digest: str) -> bool:
    try:
        given = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(given, _SAID + digest.encode())
    except (ValueError, InvalidSignature):
        return False
    return True
