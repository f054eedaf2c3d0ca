"""The file of archives: what it may say, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.archives.archive import Archive, Credentials
from app.domain.archives.document import archives_of
from app.domain.errors import Refused

BASE = '[[archive]]\nname = "main"\naddress = "https://pacs.example/dicom-web/"\n'


def read(text: str, **env: str) -> tuple[Archive, ...]:
    return archives_of(text, env=env, read_file=lambda path: f" secret of {path.name}\n")


def test_an_address_serves_all_requests_and_others_may_be_given() -> None:
    first, second = read(
        BASE + 'stow = "https://in.example"\ntimeout_seconds = 5\n'
        '[[archive]]\nname = "old"\nplain_http = true\n'
        'qido = "http://q"\nwado = "http://w"\nstow = "http://s"\n'
    )
    assert first.search == first.retrieve == "https://pacs.example/dicom-web"
    assert (first.store, first.timeout, first.credentials) == ("https://in.example", 5.0, None)
    assert (second.search, second.retrieve, second.store) == ("http://q", "http://w", "http://s")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('user = "ann"\npassword_file = "/run/pw"', Credentials("ann", "secret of pw")),
        ('user = "ann"\npassword_env = "PW"', Credentials("ann", "from outside")),
        ('token_file = "/run/token"', None),
        ('token_env = "TOKEN"', Credentials("", "abc")),
    ],
)
def test_a_secret_is_read_from_elsewhere(lines: str, expected: Credentials | None) -> None:
    def archive() -> Archive:
        return read(BASE + lines, PW=" from outside ", TOKEN="abc")[0]

    if expected is None:  # a token has no spaces
        with pytest.raises(Refused, match="no spaces"):
            archive()
    else:
        assert archive().credentials == expected


def test_certificates_are_a_file_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    with pytest.raises(Refused, match="ca_file, which is no file"):
        read(BASE + f'ca_file = "{file}"')
    file.write_text("")
    assert read(BASE + f'ca_file = "{file}"')[0].ca_file == file


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no archive"),
        ("archive = 3", "names no archive"),
        ("archive = [3]", "names no archive"),
        ('[archive]\nname = "main"', "names no archive"),
        ("[[archive]]", "has no name"),
        ("[[archive]]\nname = 3", "has no name"),
        ('[[archive]]\nname = "main"', "has no address"),
        ('[[archive]]\nname = "main"\nqido = "https://q"', "has no address"),
        (BASE + BASE, "Two archives are called main"),
        (BASE + 'adress = "https://x"', "“adress”, which is not known"),
        (BASE + 'timeout_seconds = "5"', "timeout_seconds of the wrong kind"),
        (BASE + "timeout_seconds = true", "timeout_seconds of the wrong kind"),
        (BASE + "plain_http = 1", "plain_http of the wrong kind"),
        (BASE + 'user = "ann"\npassword = "hidden"', "Take it out"),
        (BASE + 'token = "hidden"', "Take it out"),
        (BASE + 'user = "ann"', "Give one of them"),
        (BASE + 'password_env = "PW"', "Give one of them"),
        (BASE + 'user = "ann"\ntoken_env = "PW"', "Give one of them"),
        (BASE + 'user = "ann"\npassword_env = "A"\npassword_file = "b"', "Give one of them"),
        (BASE + 'user = ""\npassword_env = "PW"', "Give one of them"),
        (BASE + 'user = "ann"\npassword_env = "PW"', "the variable PW, which is empty"),
        (BASE + 'user = "a:b"\npassword_file = "b"', "no colon"),
        (BASE + 'password = "hidden', "is no TOML .at "),
        ("\n".join(BASE.replace("main", f"a{i}") for i in range(51)), "more than 50"),
    ],
)
def test_a_fault_is_told_with_what_to_change(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        read(text)
    assert "hidden" not in str(caught.value)
