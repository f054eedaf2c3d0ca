"""The door to an archive: a real one, and what is said where another one fails."""

from __future__ import annotations

import base64
import gzip
import logging
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydicom import dcmread

from app.domain.archives.archive import Archive, Credentials
from app.domain.errors import NotFound
from app.runtime.log import configure_logging
from app.services.archives import client
from app.services.archives.client import connected
from app.services.archives.errors import (
    ArchiveError,
    BadAnswer,
    Denied,
    NotThere,
    Unreachable,
    of_status,
)
from app.services.workplace import Workplace
from dprotonet.errors import Cancelled
from tests.app.services.archives.fake_archive import (
    SECRET,
    Answer,
    FakeArchive,
    body,
    fake_archive,
    status,
)
from tests.app.services.workplaces import dicom
from tests.orthanc import Orthanc

ASKED = "HIDDEN-ID"


def search(archive: Archive, **options: Any) -> list[dict[str, Any]]:
    with connected(archive, "search", **options) as asked:
        return asked.search_for_studies(search_filters={"PatientID": ASKED})


def test_what_is_stored_is_found_again_in_a_real_archive(orthanc: Orthanc) -> None:
    sent = dcmread(BytesIO(dicom(1, study_uid="1.2.77")))
    with connected(orthanc.archive, "store") as store:
        store.store_instances([sent])
    with connected(orthanc.archive, "search") as asked:
        found = asked.search_for_studies()
    assert [study["0020000D"]["Value"] for study in found] == [["1.2.77"]]
    with connected(orthanc.archive, "retrieve") as asked:
        (instance,) = asked.retrieve_study("1.2.77")
    assert instance.PixelData == sent.PixelData


def test_a_real_archive_says_no_to_a_wrong_password(orthanc: Orthanc) -> None:
    wrong = replace(orthanc.archive, credentials=Credentials("dprotonet", "wrong"))
    with pytest.raises(Denied, match="does not accept the user or token"):
        search(wrong)


def test_an_archive_that_is_not_there_may_be_later(fake: FakeArchive) -> None:
    closed = replace(fake.archive, search="http://127.0.0.1:9/dicom-web")
    with pytest.raises(Unreachable, match="fake cannot be reached") as caught:
        search(closed)
    assert caught.value.is_passing


@pytest.mark.parametrize(
    ("number", "kind", "is_passing"),
    [
        (401, Denied, False),
        (403, Denied, False),
        (404, NotThere, False),
        (409, BadAnswer, False),
        (429, Unreachable, True),
        (503, Unreachable, True),
    ],
)
def test_each_status_has_its_sentence_and_is_asked_once(
    fake: FakeArchive, number: int, kind: type[ArchiveError], is_passing: bool
) -> None:
    fake.answer = status(number)
    with pytest.raises(kind) as caught:
        search(fake.archive)
    assert str(caught.value) == str(of_status("fake", number))
    assert caught.value.is_passing is is_passing and len(fake.asked) == 1


def test_a_user_and_a_token_come_in_their_headers(fake: FakeArchive) -> None:
    fake.answer = body(b"[]")
    search(replace(fake.archive, credentials=Credentials("änn", "pässword")))
    search(replace(fake.archive, credentials=Credentials("", "abc.def")))
    search(replace(fake.archive, credentials=None))
    basic, bearer, nobody = (headers.get("Authorization") for _, headers in fake.asked)
    assert basic == f"Basic {base64.b64encode('änn:pässword'.encode()).decode()}"
    assert (bearer, nobody) == ("Bearer abc.def", None)


def test_a_redirect_is_not_followed(fake: FakeArchive) -> None:
    fake.answer = status(302, Location=f"{fake.archive.search}/elsewhere")
    with pytest.raises(BadAnswer, match="sends on to another address"):
        search(fake.archive)
    assert len(fake.asked) == 1


def own_certificate(folder: Path) -> Path:
    """A certificate of this machine that nobody but itself vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake archive")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "own.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM) + own)
    return file


def test_a_certificate_is_checked_against_the_sites_own_authority(tmp_path: Path) -> None:
    file = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with fake_archive(context) as fake:
        fake.answer = body(b"[]")
        with pytest.raises(BadAnswer, match="ca_file"):
            search(fake.archive)
        assert fake.asked == []  # no password went there
        assert search(replace(fake.archive, ca_file=file)) == []


def test_neither_netrc_nor_a_proxy_of_the_environment_is_used(
    fake: FakeArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    fake.answer = body(b"[]")
    assert search(replace(fake.archive, credentials=None)) == []
    assert "Authorization" not in fake.asked[0][1]


def large(request: BaseHTTPRequestHandler) -> None:
    body(b"[" + b" " * 5000 + b"]")(request)


def packed(request: BaseHTTPRequestHandler) -> None:
    body(gzip.compress(b"[" + b" " * 10**6 + b"]"), Content_Encoding="gzip")(request)


@pytest.mark.parametrize("answer", [large, packed])
def test_an_answer_is_bounded_also_where_it_is_packed(fake: FakeArchive, answer: Answer) -> None:
    fake.answer = answer
    with pytest.raises(BadAnswer, match="more than 0 MiB"):
        search(fake.archive, most=4096)


@pytest.mark.parametrize(
    "answer",
    [
        body(b"<html>", "text/html"),
        body(b"[", "application/dicom+json"),
        body(b"\xff\xfe", "application/dicom+json"),
        body(b"not packed", Content_Encoding="gzip"),
    ],
)
def test_what_is_no_dicomweb_is_told_as_that(fake: FakeArchive, answer: Answer) -> None:
    fake.answer = answer
    with pytest.raises(BadAnswer, match="not DICOMweb"):
        search(fake.archive)


def test_an_answer_that_breaks_off_may_be_whole_later(fake: FakeArchive) -> None:
    fake.answer = body(b"[{}", length=1000)
    with pytest.raises(Unreachable, match="broke off"):
        search(fake.archive)


def test_silence_ends_with_the_timeout(fake: FakeArchive) -> None:
    fake.answer = lambda request: (fake.gone.wait(30), None)[1]
    with pytest.raises(Unreachable, match=r"no answer for 0 s"):
        search(replace(fake.archive, timeout=0.2))


def test_an_answer_in_drops_is_given_up(fake: FakeArchive) -> None:
    def drops(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/dicom+json")
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        while not fake.gone.wait(0.05):
            request.wfile.write(b" " * 100)
            request.wfile.flush()

    fake.answer = drops
    with pytest.raises(Unreachable, match="sends too slowly"):
        search(replace(fake.archive, timeout=0.2))


def test_who_waits_no_longer_ends_it(fake: FakeArchive) -> None:
    fake.answer = body(b"[]")
    with pytest.raises(Cancelled):
        search(fake.archive, stop=lambda: True)


@pytest.mark.parametrize(
    "answer",
    [
        status(401, WWW_Authenticate=f'Basic realm="{ASKED}"'),
        status(302, Location=f"http://ann:{SECRET}@127.0.0.1:9/{ASKED}"),
        body(ASKED.encode(), Warning=f'299 x "{ASKED}"'),
        body(b"[]", Warning=f'299 x "{ASKED}"'),
    ],
)
def test_no_sentence_cause_or_log_says_whom_was_asked_for_or_the_password(
    fake: FakeArchive, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    configure_logging()
    fake.answer = answer
    said = ""
    with caplog.at_level(logging.WARNING):
        try:
            search(fake.archive)
        except ArchiveError as error:
            said = "".join(format_exception(error))
    for hidden in (ASKED, SECRET, "127.0.0.1"):
        assert hidden not in said + caplog.text


def test_an_archive_has_a_name_that_the_site_gave(workplace: Workplace, fake: FakeArchive) -> None:
    workplace = replace(workplace, settings=replace(workplace.settings, archives=(fake.archive,)))
    assert client.named(workplace, "fake") == fake.archive
    with pytest.raises(NotFound, match="no archive of this name"):
        client.named(workplace, "other")
