"""Who may send images here by DICOM's C-STORE, and where this program listens for them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Refused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# VR AE without control characters and backslash (PS3.5 6.2); blanks at its ends mean nothing.
_TITLE = re.compile(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?")
KIBIBYTE = 1024


@dataclass(frozen=True)
class Receiving:
    """How other systems store images here; nobody may by default."""

    title: str = "DPROTONET"
    """The application entity's title, by which a sender calls (DPROTONET_RECEIVE_TITLE)."""
    senders: tuple[str, ...] = ()
    """Titles that may call (DPROTONET_RECEIVE_FROM, with commas)."""
    hosts: tuple[Network, ...] = ()
    """Addresses and networks that may connect (DPROTONET_RECEIVE_HOSTS, with commas); empty: all
    that reach the port."""
    address: str = "127.0.0.1"
    """Where it listens (DPROTONET_RECEIVE_ADDRESS)."""
    port: int = 11112
    """TCP port (DPROTONET_RECEIVE_PORT); 0 for one that is free."""
    associations: int = 4
    """Most at once (DPROTONET_RECEIVE_ASSOCIATIONS)."""
    pdu_bytes: int = 128 * KIBIBYTE
    """Most bytes in one protocol data unit (DPROTONET_RECEIVE_PDU_KB, in kibibytes)."""
    certificate: Path | None = None
    """PEM file of this system's certificate chain; with it connections are by TLS alone
    (DPROTONET_RECEIVE_CERTIFICATE)."""
    private_key: Path | None = None
    """PEM file of its key (DPROTONET_RECEIVE_PRIVATE_KEY)."""
    authorities: Path | None = None
    """PEM file of whose certificates a sender must have one (DPROTONET_RECEIVE_AUTHORITIES); None:
    senders need none."""

    def __post_init__(self) -> None:
        for name, titles in {
            "DPROTONET_RECEIVE_TITLE": (self.title,),
            "DPROTONET_RECEIVE_FROM": self.senders,
        }.items():
            for title in titles:
                if not _TITLE.fullmatch(title):
                    raise Refused(
                        f"{name} has “{title}”, which is no title of an application entity. Give "
                        "1 to 16 ASCII characters without a backslash."
                    )
        if (self.certificate is None) != (self.private_key is None):
            raise Refused(
                "DPROTONET_RECEIVE_CERTIFICATE and DPROTONET_RECEIVE_PRIVATE_KEY go together. "
                "Give both, or neither."
            )
        if self.authorities is not None and self.certificate is None:
            raise Refused(
                "DPROTONET_RECEIVE_AUTHORITIES says whose certificates senders need, and "
                "DPROTONET_RECEIVE_CERTIFICATE is missing. Give the certificate of this system."
            )

    def may_connect(self, host: str) -> bool:
        """May this address connect? What it says then is looked at afterwards."""
        if not self.hosts:
            return True
        address = ipaddress.ip_address(host.partition("%")[0])
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self.hosts)


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, divided by commas.

    Raises:
        Refused: one is neither.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(ipaddress.ip_network(part) for part in parts)
    except ValueError as error:
        raise Refused(
            f"DPROTONET_RECEIVE_HOSTS has what is no address and no network: {error}. "
            "Give such as 10.1.2.3, 10.1.2.0/24."
        ) from None
