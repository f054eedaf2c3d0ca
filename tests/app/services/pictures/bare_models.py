"""A model whose bundle came without pictures, and the files of its source images."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.gallery import GalleryEntry
from tests.app.services.workplaces import png

FILES = {f"film_{n}": png(n, level=60 * (n + 1)) for n in range(3)}
"""Two are sources of prototypes, the third is not."""


def source(prototype: str, name: str) -> GalleryEntry:
    sha256 = hashlib.sha256(FILES[name]).hexdigest()
    return GalleryEntry(prototype, name, sha256, 0.1, 0.9)


ENTRIES = (source("p00", "film_0"), source("p01", "film_1"), source("p02", "film_1"))


class OneBundle:
    """Models whose bundle came without pictures."""

    def __init__(self, entries: tuple[GalleryEntry, ...]) -> None:
        self.entries = entries

    def get(self, digest: str) -> SimpleNamespace:
        return SimpleNamespace(digest=digest)

    def bundle(self, digest: str) -> Bundle:
        original = SimpleNamespace(changes=())  # of a manifest, all that is asked for
        return Bundle(Path(), original, digest, (), self.entries)  # type: ignore[arg-type]


DIGEST = "d" * 64
