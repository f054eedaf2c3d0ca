"""Who may send images here: titles, addresses, and files of TLS that go together."""

from pathlib import Path

import pytest

from app.domain.dicom.receiving import Receiving, networks
from app.domain.errors import Refused


def test_by_default_nobody_may_send_and_only_this_machine_can_connect() -> None:
    usual = Receiving()
    assert usual.senders == () and usual.address == "127.0.0.1"


@pytest.mark.parametrize("title", ["", "X" * 17, "A\\B", " A", "Ä", "A\n"])
def test_what_is_no_title_is_refused(title: str) -> None:
    with pytest.raises(Refused, match="DPROTONET_RECEIVE_TITLE"):
        Receiving(title=title)
    with pytest.raises(Refused, match="DPROTONET_RECEIVE_FROM"):
        Receiving(senders=("PACS1", title))


@pytest.mark.parametrize("title", ["A", "X" * 16, "CT 2", "~]["])
def test_a_title_of_the_standard_is_taken(title: str) -> None:
    assert Receiving(title=title, senders=(title,)).title == title


def test_files_of_tls_go_together() -> None:
    file = Path("x.pem")
    with pytest.raises(Refused, match="go together"):
        Receiving(certificate=file)
    with pytest.raises(Refused, match="go together"):
        Receiving(private_key=file)
    with pytest.raises(Refused, match="AUTHORITIES"):
        Receiving(authorities=file)
    assert Receiving(certificate=file, private_key=file, authorities=file).authorities == file


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("10.1.2.77", True),
        ("10.1.3.1", False),
        ("::ffff:10.1.2.77", True),
        ("fe80::1%eth0", True),
        ("::1", False),
    ],
)
def test_an_address_in_a_network_of_the_list_may_connect(host: str, may: bool) -> None:
    assert Receiving(hosts=networks("10.1.2.0/24, fe80::/64")).may_connect(host) is may
    assert Receiving().may_connect(host)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(Refused, match=r"pacs\.example"):
        networks("10.1.2.3,pacs.example")
