"""A bucket answers as a folder does; one that is away, closed or missing is a sentence."""

from __future__ import annotations

import io
import logging
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.domain.errors import Refused, Unavailable
from app.store.files.blobs import Blobs
from app.store.files.stores import s3_errors
from app.store.files.stores.s3 import FETCHED, Patience, S3Files
from tests.s3 import CREDENTIALS, S3Server

SHORT = Patience(connect=0.5, request=0.5, retries=1, retry=1.0)
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[BaseHTTPRequestHandler]]:
    """A server that closes the door, or says nothing at all, and the environment that names it."""

    class Answer(BaseHTTPRequestHandler):
        status: int | None = 403
        released = threading.Event()

        def do_GET(self) -> None:
            if self.status is None:
                self.released.wait(60)
                return
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_HEAD = do_POST = do_GET

        def log_message(self, format: str, *arguments: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    at(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    yield Answer
    Answer.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": address}.items():
        monkeypatch.setenv(name, value)


def refusals(files: S3Files) -> set[str]:
    """What each thing that one can ask for is answered with."""
    said = set()
    for ask in (
        lambda: files.read("a"),
        lambda: files.open("a"),
        lambda: files.start("a", 8),
        lambda: files.exists("a"),
        lambda: files.delete("a"),
        lambda: files.move("a", "b"),
        lambda: list(files.listed("a")),
        lambda: files.now("a"),
        lambda: write(files, "a", b"x"),
    ):
        with pytest.raises(Unavailable) as refused:
            ask()
        assert refused.value.__cause__ is None and refused.value.__suppress_context__
        said.add(str(refused.value))
    return said


def write(files: S3Files, name: str, data: bytes) -> None:
    with files.writing(name) as file:
        file.write(data)


def test_a_store_that_is_away_is_a_sentence_that_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at(monkeypatch, NOWHERE)
    with caplog.at_level(logging.DEBUG):
        assert refusals(S3Files("films", os.environ, SHORT)) == {s3_errors.AWAY}
    for secret in (CREDENTIALS["AWS_SECRET_ACCESS_KEY"], NOWHERE):
        assert secret not in caplog.text and secret not in s3_errors.AWAY
        assert secret not in repr(S3Files("films", os.environ)._store)


def test_one_that_closes_the_door_says_what_the_credentials_must_allow(
    answering: type[BaseHTTPRequestHandler],
) -> None:
    assert refusals(S3Files("films", os.environ, SHORT)) == {s3_errors.DENIED}


def test_one_that_never_answers_is_given_up(answering: type[BaseHTTPRequestHandler]) -> None:
    answering.status = None  # type: ignore[attr-defined]
    files = S3Files("films", os.environ, Patience(connect=0.2, request=0.2, retries=0, retry=0.2))
    with pytest.raises(Unavailable, match="cannot be reached"):
        files.read("a")


@pytest.mark.tools
def test_a_bucket_that_is_not_there_is_named_as_what_is_missing(bucket: str) -> None:
    files = S3Files("not-" + bucket.removeprefix("s3://"), os.environ, SHORT)
    for ask in (lambda: files.read("a"), lambda: write(files, "a", b"x")):
        with pytest.raises(Unavailable, match="bucket that DPROTONET_BLOBS names is not there"):
            ask()


def test_an_address_without_tls_is_refused_unless_somebody_says_that_it_may_be() -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3"):
        with pytest.raises(Refused, match="AWS_ALLOW_HTTP"):
            S3Files("films", {name: "HTTP://store:9000"})
    S3Files("films", {"AWS_ENDPOINT_URL": "http://store:9000", "AWS_ALLOW_HTTP": "true"})
    S3Files("films", {"AWS_ENDPOINT_URL": "https://store:9000"})


@pytest.mark.tools
def test_a_file_is_fetched_where_it_is_read(bucket: str) -> None:
    files = S3Files(bucket.removeprefix("s3://"), os.environ)
    data = os.urandom(2 * FETCHED + 17)
    write(files, "a/b", data)
    assert files.size("a/b") == len(data) and files.read("a/b") == data
    with files.open("a/b") as file:
        assert file.read(3) == data[:3]
        assert file.seek(-5, io.SEEK_END) == len(data) - 5 and file.read() == data[-5:]
        assert file.seek(FETCHED - 1) and file.read(2) == data[FETCHED - 1 : FETCHED + 1]
        file.seek(0)
        assert file.read() == data
    write(files, "a/empty", b"")
    assert files.read("a/empty") == files.start("a/empty", 5) == files.open("a/empty").read() == b""
    assert {(one.name, one.size) for one in files.listed("a")} == {
        ("a/b", len(data)),
        ("a/empty", 0),
    }
    for name in ("a", "a/c"):
        with pytest.raises(FileNotFoundError):
            files.read(name)


@pytest.mark.tools
def test_a_store_that_goes_away_in_the_midst_leaves_no_half_blob(
    s3_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = f"{bucket}/reviews/blobs"
    kept = Blobs(root).put(b"before")
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    away = Blobs(root)
    away._store = away._staging._store = S3Files(bucket.removeprefix("s3://"), os.environ, SHORT)
    with pytest.raises(Unavailable, match="cannot be reached"):
        away.stage(os.urandom(9 << 20))
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.address)
    staged = Blobs(root).stage(b"image")
    with pytest.raises(Unavailable, match="cannot be reached"):
        away.keep(staged)
    away.discard(staged)  # what cannot be removed now is cleared later
    here = Blobs(root)
    assert set(here.all_keys()) == {kept}
    assert here.read(here.keep(staged)) == b"image"
