"""Keys: made once, closed to others, opened only with their passphrase."""

import base64
import os
from pathlib import Path

import pytest

from app.domain.errors import Refused
from app.services.trust.keys import new_key, public_text, read_key


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = new_key(path)
    assert len(base64.b64decode(public)) == 32
    assert public_text(read_key(path).public_key()) == public
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="exists already"):
        new_key(path)
    assert public_text(read_key(path).public_key()) == public, "the old one is still there"


def test_a_passphrase_is_needed_where_one_was_given(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = new_key(path, "open sesame")
    assert public_text(read_key(path, "open sesame").public_key()) == public
    for wrong in ("", "open"):
        with pytest.raises(Refused, match="cannot be opened as a key"):
            read_key(path, wrong)


def test_another_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no key")
    with pytest.raises(Refused, match="cannot be opened as a key"):
        read_key(tmp_path / "note.txt")
    from cryptography.hazmat.primitives.asymmetric import x25519
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = x25519.X25519PrivateKey.generate()
    (tmp_path / "other.pem").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(Refused, match="of another kind"):
        read_key(tmp_path / "other.pem")
