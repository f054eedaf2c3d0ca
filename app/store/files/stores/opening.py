"""Which store an address names."""

from __future__ import annotations

import os
from pathlib import Path

from app.store.files.stores.face import FileStore
from app.store.files.stores.folder import FolderFiles

S3 = "s3://"


def opened(root: str) -> tuple[FileStore, str]:
    """The store, and how the names of files below this root begin in it.

    Args:
        root: a folder, or ``s3://BUCKET/PREFIX``.
    """
    if not root.startswith(S3):
        return FolderFiles(), Path(root).absolute().as_posix()
    from app.store.files.stores.s3 import S3Files  # obstore is only loaded where it is used

    bucket, _, prefix = root.removeprefix(S3).partition("/")
    return S3Files(bucket, os.environ), prefix.strip("/")
