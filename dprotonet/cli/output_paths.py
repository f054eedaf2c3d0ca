"""Where an explanation's files go: DIR mirrors the input, and no two images share a name.

``DIR/RELATIVE-PATH.FRAME.NODE.heatmap.npy``, ``.overlay.png`` and ``.json``. RELATIVE-PATH is the
image's path below the folder that was named (an image named itself: its file name). Where another
PATH brings the same relative path a second time, that image goes below ``DIR/path-N``, N being
which PATH of the command line it came by, from 1. A byte of a name that is no text is written as
``%XX``. A name that would be too long for the file system keeps its ends, with a hash of the whole
between them; where a path would be too long, its folders become a hash before the name, in DIR. The
record says which image it is in full. ``.METHOD`` follows NODE, unless it is the decoder. No
method has the name of a node, which is ``class`` or ``KIND-NAME`` of another kind.
"""

import contextlib
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from urllib.parse import quote

from dprotonet.cli.inputs import InputFile
from dprotonet.images.file_names import NAME_BYTES, allowed_everywhere, encodable, fitted

HEATMAP, OVERLAY, RECORD = ".heatmap.npy", ".overlay.png", ".json"

DECODER = "mdm"
"""The method that file names leave out."""

LONGEST_NODE = 100
"""Characters of NODE in a file name; most systems take 255 for the whole name."""

PATH_BYTES = 259 if os.name == "nt" else 4095
"""Most bytes of a whole path."""


@dataclass(frozen=True)
class ExplanationFiles:
    """The three files of one explanation."""

    heatmap: Path
    overlay: Path
    record: Path


def safe_node(node: str, *, names: Sequence[str]) -> str:
    """A node's text as it stands in file names, on every system and for no other node.

    ``class:no pneumonia`` becomes ``class-no%20pneumonia``: what is no ASCII letter, digit,
    ``-`` or ``_`` is percent-encoded as in an address, the dot too, so that a name is always read
    from its end: suffix, node, frame, image.

    Args:
        node: ``class``, ``class:NAME``, ``prototype:ID``, ``vector:ID`` or ``concept:NAME``.
        names: every NAME and ID there is. Where two differ in nothing but capitals, the capitals
            are encoded as well: Windows and macOS hold ``Mass`` and ``mass`` for one file.
    """
    kind, _, name = node.partition(":")
    if not name:
        return kind
    clash = sum(other.casefold() == name.casefold() for other in names) > 1
    text = f"{kind}-{_encode(name, capitals=clash)}"
    if len(text) <= LONGEST_NODE:
        return text
    return f"{text[: LONGEST_NODE - 33]}-{sha256(node.encode()).hexdigest()[:32]}"


def _encode(name: str, *, capitals: bool) -> str:
    encoded = quote(name, safe="").replace(".", "%2E").replace("~", "%7E")
    if not capitals:
        return encoded
    # What is encoded already stays as it is.
    return re.sub(
        "%..|[A-Z]",
        lambda match: match[0] if match[0][0] == "%" else f"%{ord(match[0]):02X}",
        encoded,
    )


class OutputPaths:
    """Gives every image of one run its own path under DIR, short enough to be written."""

    def __init__(self, out: Path):
        self._out = out
        self._name_bytes, self._path_bytes = _longest(out)
        self._taken: set[bytes] = set()
        self._latest: tuple[InputFile, PurePath] | None = None

    def files(
        self, source: InputFile, frame: int, node: str, method: str = DECODER
    ) -> ExplanationFiles:
        """Where the explanation of one node of one frame goes; ``node`` is already safe."""
        return self.files_at(self.place(source), frame, node, method)

    def files_at(
        self, path: PurePath, frame: int, node: str, method: str = DECODER
    ) -> ExplanationFiles:
        """The same, at the image's place as ``place`` gave it, maybe to another process."""
        tail = f".{frame}.{node}" if method == DECODER else f".{frame}.{node}.{method}"
        room = max(self._name_bytes - len(tail) - len(OVERLAY), 32)
        stem = self._out / path.with_name(fitted(path.name, room) + tail)
        if len(os.fsencode(stem)) > self._path_bytes:
            flat = f"{_key(path).hex()}-{path.name}"
            stem = self._out / (fitted(flat, room) + tail)
        return ExplanationFiles(
            *(stem.with_name(stem.name + end) for end in (HEATMAP, OVERLAY, RECORD))
        )

    def place(self, source: InputFile) -> PurePath:
        """The image's own path below DIR; it depends on the images that were asked for before."""
        # Frames and nodes of one image come one after the other.
        if self._latest is None or self._latest[0] != source:
            self._latest = (source, self._free(source))
        return self._latest[1]

    def _free(self, source: InputFile) -> PurePath:
        own = PurePath(*(self._safe(part) for part in source.relative.parts))
        path, again = own, 0
        while (key := _key(path)) in self._taken:
            again += 1
            folder = f"path-{source.order}" if again == 1 else f"path-{source.order}-{again}"
            path = PurePath(folder) / own
        self._taken.add(key)
        return path

    def _safe(self, part: str) -> str:
        return fitted(allowed_everywhere(encodable(part)), self._name_bytes)


def _longest(out: Path) -> tuple[int, int]:
    """Most bytes of one name and of a path that the file system under DIR takes."""
    names, paths = NAME_BYTES, PATH_BYTES
    if hasattr(os, "pathconf"):
        with contextlib.suppress(OSError, ValueError):  # the folder or the limit is missing
            names = min(names, os.pathconf(out, "PC_NAME_MAX"))
    # Room for the longest ending, and for the temporary name a file has while it is written.
    return names, paths - 32


def _key(path: PurePath) -> bytes:
    # Equal where a file system may take two names for one; short, because there may be millions.
    text = unicodedata.normalize("NFC", path.as_posix()).casefold()
    return sha256(text.encode()).digest()[:16]


def is_explanation(path: Path) -> bool:
    """Whether a file is one of the three of an explanation, all of them beside one another.

    For files of a folder, so that where DIR is the input or lies in it, its own overlays are not
    explained.
    """
    for suffix in (HEATMAP, OVERLAY, RECORD):
        if path.name.endswith(suffix):
            stem = path.name.removesuffix(suffix)
            others = (path.with_name(stem + other) for other in (HEATMAP, OVERLAY, RECORD))
            return all(other.is_file() for other in others)
    return False
