"""What a file is, by its first bytes. The name of a file decides nothing here."""

from __future__ import annotations

import re

from dprotonet.images.types import ImageFormat

HEAD_BYTES = 4096

# Image formats that exist and are not read: position and bytes of their mark, and their name.
_OTHER_IMAGES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GIF87a", "a GIF image"),
    (0, b"GIF89a", "a GIF image"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "a bare JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a bare JPEG 2000 codestream"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"\x00\x00\x01\x00", "an icon file"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (0, b"NRRD", "an NRRD volume"),
    (344, b"n+1\x00", "a NIfTI volume"),
    (344, b"ni1\x00", "a NIfTI header"),
    (0, b"ObjectType", "a MetaImage header"),
    (0, b"\x93NUMPY", "a NumPy array"),
)
_OTHER_FILES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"OggS", "a sound or video file"),
    (0, b"ID3", "a sound file"),
    (0, b"\x1a\x45\xdf\xa3", "a video file"),
    (0, b"\x00\x00\x01\xba", "an MPEG video"),
    (0, b"\x00\x00\x01\xb3", "an MPEG video"),
)
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
_SVG = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE svg|<svg)", re.S
)
_ARCHIVE = re.compile("archive|ZIP")


def known_format(head: bytes) -> ImageFormat | None:
    """The format read here that the first bytes show: "dicom", "png", … or None."""
    if head[128:132] == b"DICM":
        return "dicom"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    # "BM" also begins many a sentence: the size of the second header must be one that exists.
    if head[:2] == b"BM" and head[14:18] in _BMP_HEADERS:
        return "bmp"
    return None


_BMP_HEADERS = {size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124)}


def other_image(head: bytes) -> str | None:
    """The name of an image format that is not read here, or None."""
    for offset, magic, name in _OTHER_IMAGES:
        if head[offset : offset + len(magic)] == magic:
            return name
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIF:
            return "a HEIC image"
        if brand in (b"avif", b"avis"):
            return "an AVIF image"
    if re.match(rb"P[1-7fF]\s", head):
        return "a PNM image"
    if _SVG.match(head):
        return "an SVG drawing"
    return None


def other_file(head: bytes) -> str | None:
    """The name of what is no image at all, or None where the bytes say nothing."""
    for offset, magic, name in _OTHER_FILES:
        if head[offset : offset + len(magic)] == magic:
            return name
    if head[4:8] == b"ftyp":
        return "a video file"
    if head[:4] == b"RIFF":
        return "a sound or video file"
    if _is_text(head):
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if start[:5].lower() in (b"<html", b"<!doc"):
            return "a web page"
        return "an XML text" if start[:5] == b"<?xml" else "a text"
    return None


def advice(name: str) -> str:
    """What to do with a file that is no image."""
    if _ARCHIVE.search(name):
        return "Unpack it and give the image files inside."
    return "Give an image: DICOM, PNG, JPEG, TIFF, BMP or WebP."


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16 with its mark
        return True
    if b"\x00" in head:
        return False
    try:
        # The last character may be cut where the head ends.
        text = head.decode("utf-8", "strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    odd = sum(not (c.isprintable() or c in "\t\r\n\f\b\x1b") for c in text)
    return odd <= len(text) // 100
