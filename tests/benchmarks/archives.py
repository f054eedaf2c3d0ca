"""How much memory the server takes to open harmful archives, and large honest ones.

    python -m tests.benchmarks.archives

Opens each archive in a fresh process that holds what the server's part needs, takes every entry in
as an upload does (in chunks, into a temporary file), and reads that process's largest resident set
from /proc: Linux only. Ends with 1 where one grew by more than the 64 MB that an archive may cost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tests.benchmarks.process_memory import resident

MOST_GROWTH = 64  # MB
MEBIBYTE = 1024 * 1024


def main() -> int:
    """Run the benchmark and print one JSON object."""
    if len(sys.argv) == 3:
        print(json.dumps(measure(Path(sys.argv[2]))))
        return 0
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in archives(Path(folder)):
            command = [sys.executable, "-m", "tests.benchmarks.archives", "one", path]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            figures[path.stem] = {"archive_bytes": path.stat().st_size, **json.loads(output)}
            path.unlink()
    print(json.dumps(figures, indent=2))
    return 0 if all(entry["growth_mb"] <= MOST_GROWTH for entry in figures.values()) else 1


def archives(folder: Path) -> Iterator[Path]:
    """Written one at a time: BZIP2 and LZMA bombs, deflated zeros, and 500 MiB stored."""
    for name, packing, mebibytes in (
        ("bzip2 bomb", zipfile.ZIP_BZIP2, 700),
        ("lzma bomb", zipfile.ZIP_LZMA, 200),
        ("deflated zeros, 1 GiB", zipfile.ZIP_DEFLATED, 1024),
        ("stored, 500 MiB", zipfile.ZIP_STORED, 500),
    ):
        path = folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w", packing) as file:
            write(file, "image.dcm", mebibytes)
        yield path


def write(file: zipfile.ZipFile, name: str, mebibytes: int) -> None:
    """Zeros, which every packing makes small."""
    with file.open(name, "w", force_zip64=True) as entry:
        for _ in range(mebibytes):
            entry.write(bytes(MEBIBYTE))


def measure(path: Path) -> dict[str, object]:
    """Extract one archive with limits that do not stop it early: memory, bytes and problems."""
    from app.domain.errors import Refused
    from app.services.adapters.image_reader import ImageReader
    from app.services.uploading.archive import ArchiveLimits, extract

    images = ImageReader()
    before = resident(os.getpid())["VmHWM"]
    extracted, problems = 0, []
    limits = ArchiveLimits(total_bytes=2048 * MEBIBYTE, file_bytes=2048 * MEBIBYTE, ratio=1e9)
    try:
        for entry in extract(images, path, limits=limits):
            if entry.file is None:
                problems.append(entry.problem)
            else:
                with tempfile.TemporaryFile() as staged:
                    extracted += copy(entry.file, staged)
    except Refused as error:
        problems.append(str(error))
    images.close()
    largest = resident(os.getpid())["VmHWM"]
    return {
        "before_mb": before,
        "largest_mb": largest,
        "growth_mb": round(largest - before, 1),
        "taken_mib": round(extracted / MEBIBYTE, 1),
        "problems": problems,
    }


def copy(source: BinaryIO, target: BinaryIO) -> int:
    """Copy a MiB at a time, as an upload is staged; the number of bytes."""
    size = 0
    while chunk := source.read(MEBIBYTE):
        size += target.write(chunk)
    return size


if __name__ == "__main__":
    sys.exit(main())
