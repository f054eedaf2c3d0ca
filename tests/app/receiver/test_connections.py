"""Who may connect, how much a connection may bring, and TLS."""

import datetime
import ipaddress
import socket
import ssl
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydicom.uid import UID
from pynetdicom import AE

from app.domain.dicom.receiving import Receiving
from app.domain.errors import Refused
from app.receiver import connections
from app.receiver.receiver import Listening, receiving
from app.services.workplace import Workplace
from tests.app.receiver.senders import RADIOGRAPH, TITLE, VERIFICATION, associated, dcmtk, image
from tests.app.services.workplaces import dicom


def with_(workplace: Workplace, **changed: object) -> Workplace:
    """The workplace with other settings of the receiver."""
    settings = workplace.settings
    who = replace(settings.receiving, **changed)  # type: ignore[arg-type]
    return replace(workplace, settings=replace(settings, receiving=who))


@pytest.mark.parametrize(
    ("title", "called", "why"),
    [
        ("STRANGER", "", "Calling AE Title Not Recognized"),
        (TITLE.lower(), "", "Calling AE Title Not Recognized"),
        (TITLE, "ELSEWHERE", "Called AE Title Not Recognized"),
    ],
)
def test_a_title_that_is_not_in_the_list_is_refused(
    listening: Listening, caplog: pytest.LogCaptureFixture, title: str, called: str, why: str
) -> None:
    assert dcmtk("echoscu", listening).returncode == 0
    refused = dcmtk("echoscu", listening, title=title, called=called)
    assert refused.returncode != 0 and why in refused.stderr
    assert "from 127.0.0.1 was refused" in caplog.text and "STRANGER" not in caplog.text


def test_an_address_that_is_not_in_the_list_cannot_connect(
    workplace: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = ipaddress.ip_network("10.1.2.0/24")
    with receiving(with_(workplace, hosts=(elsewhere,))) as listening:
        assert dcmtk("echoscu", listening).returncode != 0
    assert "not in the list" in caplog.text
    here = ipaddress.ip_network("127.0.0.0/8")
    with receiving(with_(workplace, hosts=(elsewhere, here))) as listening:
        assert dcmtk("echoscu", listening).returncode == 0


def test_no_more_associations_than_are_allowed(workplace: Workplace) -> None:
    one = with_(workplace, associations=1)
    with receiving(one) as listening, associated(listening) as first:
        assert first.is_established
        with associated(listening, title="CT2") as second:
            assert second.is_rejected
        assert first.send_c_store(image(dicom(1))).Status == 0x0000


def test_a_unit_that_promises_gigabytes_ends_its_connection(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection((listening.address, listening.port), timeout=30) as stranger:
        stranger.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFFF))
        assert stranger.recv(10) == b""
    assert "more bytes than are taken" in caplog.text
    assert dcmtk("echoscu", listening).returncode == 0


def test_an_object_of_any_size_ends_its_association_before_it_is_in_memory(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SLACK", 5000)
    small = replace(workplace, settings=replace(workplace.settings, file_bytes=4000))
    sent = image(dicom(1))
    sent.PixelData = bytes(1_000_000)
    with receiving(small) as listening:
        with associated(listening) as association:
            assert "Status" not in association.send_c_store(sent)
        with associated(listening) as association:  # what came before is counted no longer
            for number in range(2, 12):
                assert association.send_c_store(image(dicom(number))).Status == 0x0000
                assert association.send_c_echo().Status == 0x0000


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.crt", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def echo_over_tls(listening: Listening, context: ssl.SSLContext) -> bool:
    entity = AE(TITLE)
    entity.add_requested_context(VERIFICATION)
    entity.add_requested_context(RADIOGRAPH, [UID("1.2.840.10008.1.2.1")])
    association = entity.associate(
        listening.address,
        listening.port,
        ae_title=listening.title,
        tls_args=(context, "receiver"),
    )
    if not association.is_established:
        return False
    status = association.send_c_store(image(dicom(1))).get("Status")
    association.release()
    return status == 0x0000


def test_with_a_certificate_connections_are_by_tls_alone_from_those_that_have_one(
    workplace: Workplace, tmp_path: Path
) -> None:
    own, sender = certificate(tmp_path, "receiver"), certificate(tmp_path, "sender")
    closed = with_(workplace, certificate=own[0], private_key=own[1], authorities=sender[0], port=0)
    known = ssl.create_default_context(cafile=str(own[0]))
    unknown = ssl.create_default_context(cafile=str(own[0]))
    known.load_cert_chain(*sender)
    with receiving(closed) as listening:
        # Somebody who connects and says nothing holds up nobody.
        with socket.create_connection((listening.address, listening.port)):
            assert echo_over_tls(listening, known)
        assert not echo_over_tls(listening, unknown)
        assert dcmtk("echoscu", listening, "-ta", "5", "-to", "5").returncode != 0


def test_a_certificate_without_its_key_is_refused_with_a_sentence(
    workplace: Workplace, tmp_path: Path
) -> None:
    one, other = certificate(tmp_path, "one"), certificate(tmp_path, "other")
    wrong = with_(workplace, certificate=one[0], private_key=other[1])
    with pytest.raises(Refused, match="cannot be used"), receiving(wrong):
        pass


def test_no_certificate_is_no_tls() -> None:
    assert connections.tls(Receiving()) is None
