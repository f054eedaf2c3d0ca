"""ZIP files, opened in the child of :mod:`dprotonet.images.isolated.reader`: one chunk at a time.

Only stored and deflated entries are unpacked: the other packings of the format reach 1 : 1,000,000
and hand over what they unfold in pieces of hundreds of megabytes.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from dprotonet.errors import UnreadableImage

if TYPE_CHECKING:
    from dprotonet.images.isolated.child import Request

CHUNK = 1 << 20  # bytes
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UTF8, _ENCRYPTED = 0x800, 0x1  # general purpose bits 11 and 0 (APPNOTE 4.4.4)
_UNICODE_PATH = 0x7075  # extra field (APPNOTE 4.6.9)
# Japanese Windows: a name counts as such where no letter of it stands alone, which those of other
# languages do, and hiragana or katakana are there.
_JAPANESE = re.compile(r"(?:[\x20-\x7e]|[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e々]{2,})+\Z")
_KANA = re.compile(r"[\u3041-\u30fe]")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)


def unpack(request: Request) -> None:
    """Answer with the list of entries, then with chunks of them until a message ends the exchange.

    The list is ``{"count": n, "entries": [[name, bytes, packed bytes, is folder, mode, problem]]}``
    where ``problem`` is "", "encrypted" or "packing"; it is empty where the count is over the
    request's ``most``. A chunk is requested with ``{"entry": index}``, the first of it, or
    ``{"entry": null}``, the next; it comes as one part, empty at the end. What fails is answered
    with ``{"error": "damaged"}``.
    """
    most = int(request.header["most"])
    current: Any = None
    try:
        with zipfile.ZipFile(request.stream) as archive:
            infos = archive.infolist()
            entries = [_described(info) for info in infos] if len(infos) <= most else []
            request.answer({"count": len(infos), "entries": entries})
            while "entry" in (message := request.next()):
                try:
                    if message["entry"] is not None:
                        current = archive.open(infos[message["entry"]])
                    request.answer({}, [current.read(CHUNK)])
                except _DAMAGED:
                    request.answer({"error": "damaged"})
            request.answer({})
    except _DAMAGED as error:
        raise UnreadableImage("The ZIP file is damaged. Pack it again.") from error


def _described(info: zipfile.ZipInfo) -> list[Any]:
    problem = ""
    if info.flag_bits & _ENCRYPTED:
        problem = "encrypted"
    elif info.compress_type not in _PACKINGS:
        problem = "packing"
    name = entry_name(info)
    folder = name.endswith(("/", "\\"))
    mode = info.external_attr >> 16
    return [name, info.file_size, info.compress_size, folder, mode, problem]


def entry_name(info: zipfile.ZipInfo) -> str:
    """The name of an entry; its encoding need not be stated in the file.

    UTF-8 where the entry says so, carries it in a field of its own, or its bytes are valid UTF-8,
    which other encodings are not by chance; then Japanese where that is certain; else code page
    437, which the format prescribes (APPNOTE, appendix D).
    """
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    raw = name.encode("cp437")
    return _unicode_path(info.extra, raw) or _guessed(raw) or name


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in the Unicode path field, "" where there is none that belongs to ``raw``."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and body[:5] == struct.pack("<BI", 1, zlib.crc32(raw)):
            return body[5:].decode("utf-8", "replace")
    return ""


def _guessed(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        japanese = raw.decode("cp932")
    except UnicodeDecodeError:
        return ""
    return japanese if _KANA.search(japanese) and _JAPANESE.match(japanese) else ""
