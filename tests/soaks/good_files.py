"""Files that can be read, to be mutated: the project's own, pydicom's, and some made here."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pydicom.data
from PIL import Image

from tests.app.services.deidentify.planted import planted_dicom
from tests.app.services.workplaces import dicom, png
from tests.paths import REPORTS, ROOT

LARGEST = 400_000  # bytes: thousands of files are made of them
PYDICOM = Path(pydicom.data.__file__).parent / "test_files"
PLANTED = "planted"
"""How the names of files begin that name a person wherever a file can."""


@cache
def good_files() -> dict[str, bytes]:
    """All of them by name, in the same order everywhere."""
    return dict(sorted({**_found(), **_made()}.items()))


def made_image(number: int) -> tuple[str, bytes]:
    """A file that nobody has seen before and that can be read: its name and bytes."""
    kind = ("png", "jpg", "tif", "dcm")[number % 4]
    if kind == "dcm":
        return f"good-{number}.dcm", dicom(number, study_uid=f"1.2.3.9.{number}")
    return f"good-{number}.{kind}", _picture(number, kind)


def _found() -> dict[str, bytes]:
    folders = (ROOT / "assets" / "cases", REPORTS, PYDICOM)
    return {
        f"{folder.name}-{path.relative_to(folder).as_posix().replace('/', '-')}": path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
        and 0 < path.stat().st_size <= LARGEST
        and path.suffix not in (".json", ".md", ".npy", ".py", ".txt")
    }


def _made() -> dict[str, bytes]:
    made = {f"{PLANTED}-{number}.dcm": planted_dicom(number) for number in range(3)}
    for number, kind in enumerate(("png", "jpg", "tif", "bmp", "webp")):
        made[f"made.{kind}"] = _picture(number, kind)
    made["colour.png"] = _picture(7, "png", colour=True)
    made["deflated.tif"] = _picture(8, "tif", compression="tiff_adobe_deflate")
    made["frames.dcm"] = dicom(3, frames=5)
    made["archive.zip"] = archive({f"{n}.png": png(n) for n in range(4)})
    return made


def archive(files: dict[str, bytes]) -> bytes:
    """A ZIP file with these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            add_entry(packed, name, data)
    return out.getvalue()


def _picture(number: int, kind: str, *, colour: bool = False, **options: str) -> bytes:
    chance = np.random.default_rng([7, number])
    shape = (48, 56, 3) if colour else (48, 56)
    image = Image.fromarray(chance.integers(0, 256, shape).astype(np.uint8))
    out = io.BytesIO()
    kinds = {"jpg": "JPEG", "tif": "TIFF"}
    image.save(out, kinds.get(kind, kind.upper()), **options)  # type: ignore[arg-type]
    return out.getvalue()


def add_entry(packed: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add one to an archive, without the time of now: the same files make the same archive."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    packed.writestr(entry, data)
