"""What an archive may be called, and where it may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.archives.archive import Archive, Credentials
from app.domain.errors import Refused

ADDRESS = "https://pacs.example/dicom-web"
MAIN = Archive("main", ADDRESS, ADDRESS, "https://pacs.example/stow", Credentials("a", "hidden"))


def test_each_kind_of_request_has_its_address() -> None:
    assert MAIN.address("search") == MAIN.address("retrieve") == ADDRESS
    assert MAIN.address("store") == "https://pacs.example/stow"


def test_a_password_is_not_in_what_is_printed() -> None:
    assert "hidden" not in repr(MAIN) + repr(MAIN.credentials)


@pytest.mark.parametrize("name", ["", "Main", "a b", "-a", "a" * 33, "a/b", "ä"])
def test_a_name_goes_into_addresses_and_commands(name: str) -> None:
    with pytest.raises(Refused, match="is no name of an archive"):
        replace(MAIN, name=name)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ftp://pacs.example", "begins with https"),
        ("https://", "begins with https"),
        ("pacs.example", "begins with https"),
        ("https://pacs.example:port", "is none"),
        ("https://[::1", "is none"),
        ("https://pacs.example/\n", "begins with https"),
        ("https://ann:hidden@pacs.example", "holds a user or a password"),
        ("https://ann@pacs.example", "holds a user or a password"),
        ("https://pacs.example?token=hidden", "ends before"),
        ("https://pacs.example#hidden", "ends before"),
        ("https://pacs.example/", "without a slash"),
        ("http://pacs.example", "plain_http = true"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_quoted(
    address: str, why: str
) -> None:
    with pytest.raises(Refused, match=why) as caught:
        replace(MAIN, retrieve=address)
    assert "hidden" not in str(caught.value) and "main" in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8042", "[::1]"])
def test_http_is_taken_on_this_machine_and_where_the_site_says_so(host: str) -> None:
    assert replace(MAIN, search=f"http://{host}").search == f"http://{host}"
    assert replace(MAIN, search="http://pacs.example", plain_http=True).plain_http


@pytest.mark.parametrize("timeout", [0.0, -1.0, 601.0, float("nan"), float("inf")])
def test_a_timeout_is_a_number_of_seconds(timeout: float) -> None:
    with pytest.raises(Refused, match="timeout_seconds"):
        replace(MAIN, timeout=timeout)


@pytest.mark.parametrize(
    ("user", "secret"),
    [("a", ""), ("a:b", "x"), ("a", "x\ny"), ("", "ü"), ("", "two words"), ("", "")],
)
def test_what_no_header_carries_is_no_secret(user: str, secret: str) -> None:
    with pytest.raises(Refused):
        Credentials(user, secret)
