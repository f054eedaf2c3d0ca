"""Objects sent by STOW-RS, and the answer read item by item, of a good archive and of bad ones."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from pydicom import Dataset, dcmread

from app.domain.sending.answer import StoreAnswer
from app.services.archives.errors import BadAnswer, Denied, Unreachable
from app.services.sending import stow
from tests.app.services.archives.fake_archive import Answer, FakeArchive, fake_archive, status
from tests.app.services.workplaces import dicom
from tests.orthanc import Orthanc


def read(data: bytes) -> Dataset:
    return dcmread(io.BytesIO(data))


def saying(code: int, *, stored: list[str], failed: dict[str, int]) -> Answer:
    """An answer of PS3.18 in JSON, after the whole request was read."""
    document = {
        "00081199": {"vr": "SQ", "Value": [item(uid) for uid in stored]},
        "00081198": {"vr": "SQ", "Value": [item(uid, reason) for uid, reason in failed.items()]},
    }

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        data = json.dumps(document).encode()
        request.send_response(code)
        request.send_header("Content-Type", "application/dicom+json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def item(uid: str, reason: int | None = None) -> dict[str, object]:
    found: dict[str, object] = {"00081155": {"vr": "UI", "Value": [uid]}}
    if reason is not None:
        found["00081197"] = {"vr": "US", "Value": [reason]}
    return found


@pytest.fixture
def fake() -> Iterator[FakeArchive]:
    with fake_archive() as archive:
        yield archive


def test_a_real_archive_has_each_object_once_however_often_it_is_sent(orthanc: Orthanc) -> None:
    objects = [read(dicom(number)) for number in (1, 2)]
    expected = StoreAnswer(frozenset({"1.2.3.1", "1.2.3.2"}))
    assert stow.store(orthanc.archive, objects) == expected
    assert stow.store(orthanc.archive, objects) == expected
    assert len(orthanc.instances()) == 2


@pytest.mark.parametrize("code", [200, 202, 409])
def test_what_it_stored_and_what_it_failed_is_read_whatever_the_status(
    fake: FakeArchive, code: int
) -> None:
    fake.answer = saying(code, stored=["1.2.3.1"], failed={"1.2.3.2": 0xA700})
    objects = [read(dicom(number)) for number in (1, 2)]
    found = stow.store(fake.archive, objects)
    assert found == StoreAnswer(frozenset({"1.2.3.1"}), {"1.2.3.2": 0xA700})


def test_what_stands_in_both_sequences_counts_as_failed(fake: FakeArchive) -> None:
    fake.answer = saying(202, stored=["1.2.3.1"], failed={"1.2.3.1": 0x0110})
    found = stow.store(fake.archive, [read(dicom(1))])
    assert found.stored == frozenset() and found.failures == {"1.2.3.1": 0x0110}


@pytest.mark.parametrize(
    ("code", "error"), [(401, Denied), (403, Denied), (409, BadAnswer), (503, Unreachable)]
)
def test_a_refusal_of_the_whole_request_is_one_of_our_errors(
    fake: FakeArchive, code: int, error: type[Exception]
) -> None:
    fake.answer = status(code)
    with pytest.raises(error) as refused:
        stow.store(fake.archive, [read(dicom(1))])
    assert "127.0.0.1" not in str(refused.value)
