"""Signatures: of one digest, by one key, and worth nothing for any other."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.services.trust.keys import public_text
from app.services.trust.signatures import MOST_BYTES, SIGNATURES, sign, signers

DIGEST, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def raw(key: Ed25519PrivateKey) -> bytes:
    return base64.b64decode(public_text(key.public_key()))


def test_a_signature_holds_for_its_digest_alone(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    assert signers(tmp_path, DIGEST) == frozenset()
    sign(tmp_path, DIGEST, key)
    assert signers(tmp_path, DIGEST) == {raw(key)}
    assert signers(tmp_path, OTHER) == frozenset()


def test_several_sign_and_each_once(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    second = Ed25519PrivateKey.generate()
    for one in (key, second, key):
        sign(tmp_path, DIGEST, one)
    assert signers(tmp_path, DIGEST) == {raw(key), raw(second)}
    assert len(json.loads((tmp_path / SIGNATURES).read_text())["signatures"]) == 2


def test_a_changed_byte_in_key_or_signature_ends_it(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    sign(tmp_path, DIGEST, key)
    text = (tmp_path / SIGNATURES).read_text()
    (entry,) = json.loads(text)["signatures"]
    for field in ("key", "signature"):
        value = entry[field]
        changed = ("B" if value[5] == "A" else "A") + value[6:]
        (tmp_path / SIGNATURES).write_text(text.replace(value, value[:5] + changed))
        assert raw(key) not in signers(tmp_path, DIGEST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "dprotonet-review/signatures/1", "signatures": 3}',
        '{"schema": "dprotonet-review/signatures/1", "signatures": [3, {}, {"key": "eA=="}]}',
        '{"schema": "dprotonet-review/signatures/2", "signatures": []}',
        "[" * 100_000,
        " " * (MOST_BYTES + 1),
    ],
)
def test_a_damaged_file_holds_none_and_can_be_signed_anew(
    tmp_path: Path, key: Ed25519PrivateKey, text: str
) -> None:
    (tmp_path / SIGNATURES).write_text(text)
    assert signers(tmp_path, DIGEST) == frozenset()
    sign(tmp_path, DIGEST, key)
    assert signers(tmp_path, DIGEST) == {raw(key)}
