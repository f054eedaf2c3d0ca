"""The list of trusted models: what its lines say, and that a line that says nothing is an error."""

import base64

import pytest

from app.domain.errors import Refused
from app.domain.trust import parse_trust_list, public_key

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()
DIGEST = "0123456789abcdef" * 4


def test_keys_and_digests_are_read_with_their_names() -> None:
    found = parse_trust_list(
        f"# our models\n\ned25519 {TEXT} Radiology, St. Mary # since May\nsha256 {DIGEST}\n"
    )
    assert found.keys == {KEY: "Radiology, St. Mary"}
    assert found.digests == {DIGEST: "01234567"}


@pytest.mark.parametrize(
    "line",
    [
        "ed25519",
        "ed25519 short name",
        f"ed25519 {TEXT[:-4]} name",
        f"rsa {TEXT} name",
        f"sha256 {DIGEST[:-1]}",
        f"sha256 {DIGEST.upper()}",
        DIGEST,
    ],
)
def test_a_line_that_says_nothing_is_named(line: str) -> None:
    with pytest.raises(Refused, match=r"^Line 2 of the list of trusted models"):
        parse_trust_list(f"# first\n{line}\n")


def test_a_list_without_an_end_is_refused() -> None:
    with pytest.raises(Refused, match="more than 1000 lines"):
        parse_trust_list("\n" * 1001)


def test_a_key_is_32_bytes() -> None:
    assert public_key(TEXT) == KEY
    assert public_key(TEXT + "!") is None and public_key(base64.b64encode(b"x").decode()) is None
