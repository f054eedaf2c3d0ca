"""Stored files in a bucket of an S3 store, asked by obstore.

obstore itself and not its fsspec layer: that one completes a half-written file when its block ends
with an error, gives no time in its lists, and asks whether a file is a folder before it reads it.
Endpoint, region and credentials are AWS_… of the environment, as obstore reads them.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any

from obstore.store import S3Store

from app.domain.errors import Refused
from app.store.files.stores.face import FileStore, ListedFile
from app.store.files.stores.s3_errors import s3_errors

FETCHED = 4 << 20  # bytes that are fetched at once of a file that is read in order
LISTED = 1000  # names in one answer: as many as S3 gives
PLAIN_HTTP = (
    "AWS_ENDPOINT_URL begins with http://, so images and keys would go over the network in the "
    "clear. Give an address with https://, or, for a network that is closed, AWS_ALLOW_HTTP=true."
)


@dataclass(frozen=True)
class Patience:
    """How long the store is waited for."""

    connect: float = 5.0
    """Seconds until it takes a connection."""
    request: float = 120.0
    """Seconds until one request is answered whole, with as much of a file as it brings."""
    retries: int = 4
    """How often a request that failed is sent again,"""
    retry: float = 20.0
    """and no more after so many seconds."""


class S3Files(FileStore):
    """One bucket; a name is a key in it.

    Args:
        bucket: its name.
        environment: where AWS_ENDPOINT_URL and AWS_ALLOW_HTTP stand; obstore reads the others.
        patience: how long it is waited for.

    Raises:
        Refused: the address is one without TLS, and nobody said that it may be.
    """

    def __init__(
        self, bucket: str, environment: Mapping[str, str], patience: Patience | None = None
    ) -> None:
        waits = patience or Patience()
        allows_http = environment.get("AWS_ALLOW_HTTP", "").strip().lower() in ("true", "1", "yes")
        addresses = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
        address = next((environment[name] for name in addresses if environment.get(name)), "")
        if address.lower().startswith("http://") and not allows_http:
            raise Refused(PLAIN_HTTP)
        with s3_errors():
            self._store = S3Store(
                bucket,
                client_options={
                    "allow_http": allows_http,
                    "connect_timeout": timedelta(seconds=waits.connect),
                    "timeout": timedelta(seconds=waits.request),
                },
                retry_config={
                    "max_retries": waits.retries,
                    "retry_timeout": timedelta(seconds=waits.retry),
                    "backoff": {"max_backoff": timedelta(seconds=2)},
                },
            )

    def prepare(self, folder: str) -> None:
        """Nothing: a bucket has no folders."""

    def local_path(self, name: str) -> None:
        """It is elsewhere."""

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A new file, sent as a whole at the end; large ones by a multipart upload.

        Until then it is in memory: on a disk it would be a copy that nobody asked for.
        """
        with io.BytesIO() as file:
            yield file
            file.seek(0)
            with s3_errors(name):
                self._store.put(name, file)

    def read(self, name: str) -> bytes:
        """All of a file."""
        with s3_errors(name):
            return self._store.get(name).bytes().to_bytes()

    def start(self, name: str, count: int) -> bytes:
        """Its first bytes."""
        return _RangedFile(self._store, name, self.size(name)).read(count) or b""

    def open(self, name: str) -> IO[bytes]:
        """The file, fetched in ranges."""
        return io.BufferedReader(_RangedFile(self._store, name, self.size(name)), FETCHED)

    def size(self, name: str) -> int:
        """Its bytes."""
        with s3_errors(name):
            return self._store.head(name)["size"]

    def exists(self, name: str) -> bool:
        """Is it there?"""
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        """Remove it."""
        try:
            with s3_errors(name):
                self._store.delete(name)
        except FileNotFoundError:
            pass

    def move(self, source: str, target: str) -> None:
        """Copy it inside the store, then remove it under its former name."""
        with s3_errors(source):
            self._store.copy(source, target)
        self.delete(source)

    def listed(self, folder: str) -> Iterator[ListedFile]:
        """All files below a folder, page by page."""
        with s3_errors():
            for page in self._store.list(folder, chunk_size=LISTED):
                for one in page:
                    yield ListedFile(one["path"], one["size"], one["last_modified"].timestamp())

    def now(self, folder: str) -> float:
        """When a file that is written there now was written; S3 gives whole seconds."""
        name = f"{folder}/{uuid.uuid4().hex}"
        with s3_errors(name):
            self._store.put(name, b"")
            try:
                return self._store.head(name)["last_modified"].timestamp()
            finally:
                self._store.delete(name)


class _RangedFile(io.RawIOBase):
    """A file of the store, of which only what is read is fetched."""

    def __init__(self, store: S3Store, name: str, size: int) -> None:
        self._store, self._name, self._size = store, name, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        into = memoryview(buffer).cast("B")
        end = min(self._at + len(into), self._size)
        if end <= self._at:
            return 0
        with s3_errors(self._name):
            fetched = self._store.get_range(self._name, start=self._at, end=end).to_bytes()
        into[: len(fetched)] = fetched
        self._at += len(fetched)
        return len(fetched)
