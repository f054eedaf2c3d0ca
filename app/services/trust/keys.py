"""A key that signs models: made once, kept by whoever makes models, never by a server.

Ed25519 (RFC 8032) of the library cryptography. The private key is a PKCS #8 file in PEM (RFC 5958),
encrypted by a passphrase where one is given, that its owner alone may read.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.domain.errors import Refused
from dprotonet.atomic_files import write_private


def new_key(path: Path, passphrase: str = "") -> str:
    """Make a key and write it; returns the public key in base64, for a list of trusted models.

    Raises:
        Refused: there is such a file already, with a key that may have signed something; or it
            cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    hidden = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
    try:
        write_private(path, text)
    except FileExistsError:
        raise Refused(f"{path} exists already. Give another file for the new key.") from None
    except OSError as error:
        raise Refused(
            f"{path} cannot be written: {error.strerror}. Give a file in a folder of yours."
        ) from None
    return public_text(key.public_key())


def read_key(path: Path, passphrase: str = "") -> Ed25519PrivateKey:
    """Read a key that :func:`new_key` wrote.

    Raises:
        Refused: the file cannot be read or is no such key, or the passphrase is another one.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}. Give the file of a key.") from None
    try:
        key = load_pem_private_key(text, passphrase.encode() or None)
    except (ValueError, TypeError) as error:
        raise Refused(
            f"{path} cannot be opened as a key: it is none, or its passphrase is another one. Give "
            "the file that “models key” wrote, and its passphrase in DPROTONET_KEY_PASSPHRASE."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path} is a key of another kind. Give one that “models key” wrote.")
    return key


def public_text(key: Ed25519PublicKey) -> str:
    """A public key in base64."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
