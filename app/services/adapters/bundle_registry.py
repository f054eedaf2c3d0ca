"""The bundles in the folders that the settings name; read without torch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound
from dprotonet.errors import UnusableBundle

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

log = logging.getLogger(__name__)
MANIFEST = "bundle.json"
Stamp = tuple[int, int]


class Registry:
    """Finds bundles and keeps them loaded without their weights; safe between threads.

    The folders are looked through at every call, so that a bundle added by another process is
    there at once; a bundle is read again only when its manifest changed.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[Stamp, BundleInfo, Bundle | None]] = {}

    def all(self) -> tuple[BundleInfo, ...]:
        """All bundles, the first one of each digest; unusable ones say why, at the end."""
        bundles: dict[str, BundleInfo] = {}
        broken = []
        with self._lock:
            for path in self._paths():
                info, _ = self._look(path)
                if info.problem:
                    broken.append(info)
                else:
                    bundles.setdefault(info.digest, info)
        return (*bundles.values(), *broken)

    def get(self, digest: str) -> BundleInfo:
        """The bundle with this digest.

        Raises:
            NotFound: it is no longer in the folders.
        """
        for info in self.all():
            if digest and info.digest == digest:
                return info
        raise NotFound(
            f"The model {digest[:8]} is no longer installed. "
            "Choose another for this case, or add its bundle again."
        )

    def find(self, name: str) -> BundleInfo | None:
        """The first usable bundle of a name, or of a digest's beginning."""
        usable = [info for info in self.all() if not info.problem]
        for info in usable:
            if info.name == name:
                return info
        for info in usable:
            if len(name) >= 8 and info.digest.startswith(name):
                return info
        return None

    def bundle(self, digest: str) -> Bundle:
        """Card, prototypes and gallery of a bundle, without its weights."""
        path = self.get(digest).path
        with self._lock:
            _, bundle = self._look(path)
        if bundle is None:
            raise NotFound(f"The model {digest[:8]} is no longer installed.")
        return bundle

    def _paths(self) -> Iterator[Path]:
        for folder in self._folders:
            if (folder / MANIFEST).is_file():
                yield folder
            elif folder.is_dir():
                for path in sorted(folder.iterdir()):
                    if not path.name.startswith(".") and (path / MANIFEST).is_file():
                        yield path

    def _look(self, path: Path) -> tuple[BundleInfo, Bundle | None]:
        facts = (path / MANIFEST).stat()
        stamp = (facts.st_mtime_ns, facts.st_size)
        cached = self._known.get(path)
        if cached is None or cached[0] != stamp:
            cached = (stamp, *_load(path))
            self._known[path] = cached
        return cached[1], cached[2]


def _load(path: Path) -> tuple[BundleInfo, Bundle | None]:
    from dprotonet.bundle.bundle import Bundle

    try:
        bundle = Bundle.load(path, with_model=False)
    except UnusableBundle as error:
        log.warning("bundle in %s cannot be used", path)
        return BundleInfo(path.name, "", path.name, (), None, (), path, problem=str(error)), None
    info = BundleInfo(
        name=bundle.name,
        digest=bundle.digest,
        title=bundle.card.title,
        classes=tuple(bundle.classes),
        negative_class=bundle.negative_class,
        prototypes=tuple(record.id for record in bundle.prototypes),
        path=path,
        note_on_classes=bundle.card.note_on_classes,
        parent=bundle.parent,
        off=bundle.off,
        concepts=bundle.concepts,
        is_editable=bundle.has_responses,
        has_reader=bundle.manifest.reader is not None,
        map_figures=bundle.card.map_figures,
        attributes=bundle.rows.table.names if bundle.rows else (),
    )
    return info, bundle
