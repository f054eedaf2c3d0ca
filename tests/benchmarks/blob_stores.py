"""What stored files cost in an S3 store: the program's own way, a folder, and bare calls.

    make tools
    python -m tests.benchmarks.blob_stores [--rounds 15] [--json FILE]

Four ways take and give the same files, in turns, so that what else the machine does falls on all:

- s3: :class:`app.store.files.blobs.Blobs` on moto's S3 server, staged, kept and read;
- folder: the same on a folder of the system's disk;
- obstore: the fewest calls that do the same, put, copy, delete and get;
- fsspec: obstore's own fsspec layer, with which the program does not work.

Prints one JSON object: medians in milliseconds, and the median over the rounds of s3 divided by
each of the others. moto answers from this machine and takes its share of the processor: a real
store is further away, and what it adds is the number of requests times that way.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from app.store.files.blobs import Blobs
from tests.s3 import S3Server

SIZES = {"64 KiB": 64 << 10, "1 MiB": 1 << 20, "16 MiB": 16 << 20}
Way = tuple[Callable[[bytes], str], Callable[[str], bytes]]
"""Take a file and return its name; give it back."""


def main() -> int:
    """Run it and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.blob_stores", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = S3Server(Path(folder) / "log")
        os.environ |= server.environment
        try:
            figures = measured(Path(folder), server.bucket(), options.rounds)
        finally:
            server.stop()
    written = json.dumps(figures, indent=2)
    print(written)
    if options.json:
        options.json.write_text(written + "\n", encoding="utf-8")
    return 0


def measured(folder: Path, bucket: str, rounds: int) -> Mapping[str, object]:
    """The figures of every size.

    Args:
        folder: for the way that uses one.
        bucket: s3://NAME, an empty one.
        rounds: of all ways in turns.
    """
    ways = {
        "s3": of_blobs(f"{bucket}/own/blobs"),
        "folder": of_blobs(str(folder / "blobs")),
        "obstore": of_obstore(bucket),
        "fsspec": of_fsspec(bucket),
    }
    return {
        "rounds": rounds,
        "processors": os.cpu_count() or 0,
        "sizes": {name: of_size(ways, size, rounds) for name, size in SIZES.items()},
    }


def of_size(ways: Mapping[str, Way], size: int, rounds: int) -> Mapping[str, object]:
    """Medians and ratios for files of so many bytes, which all differ."""
    seconds: dict[str, dict[str, list[float]]] = {
        "take in": {name: [] for name in ways},
        "give back": {name: [] for name in ways},
    }
    for number in range(rounds + 1):
        for name, (take, give) in ways.items():
            data = os.urandom(size)
            began = time.perf_counter()
            key = take(data)
            taken = time.perf_counter()
            same = give(key) == data
            ended = time.perf_counter()
            if not same:
                raise SystemExit(f"{name} gave back another file.")
            if number:  # the first round opens connections
                seconds["take in"][name].append(taken - began)
                seconds["give back"][name].append(ended - taken)
    return {
        what: {
            "milliseconds": {
                name: round(1000 * statistics.median(of_way), 2) for name, of_way in each.items()
            },
            "s3 divided by": {
                name: round(
                    statistics.median(a / b for a, b in zip(each["s3"], of_way, strict=True)), 2
                )
                for name, of_way in each.items()
                if name != "s3"
            },
        }
        for what, each in seconds.items()
    }


def of_blobs(root: str) -> Way:
    """The program's own; each file is given back by one that never saw it, so nothing is held."""
    blobs = Blobs(root)
    reading = Blobs(root)
    return (lambda data: blobs.keep(blobs.stage(data))), reading.read


def of_obstore(bucket: str) -> Way:
    """Bare calls."""
    from obstore.store import S3Store

    store = S3Store(bucket.removeprefix("s3://"), client_options={"allow_http": True})

    def take(data: bytes) -> str:
        staged, name = f"bare/{uuid.uuid4().hex}", f"bare/{uuid.uuid4().hex}"
        store.put(staged, data)
        store.copy(staged, name)
        store.delete(staged)
        return name

    return take, lambda name: store.get(name).bytes().to_bytes()


def of_fsspec(bucket: str) -> Way:
    """The same calls through the file system that obstore makes for fsspec."""
    from obstore.fsspec import FsspecStore

    files = FsspecStore("s3", client_options={"allow_http": True})
    root = bucket.removeprefix("s3://")

    def take(data: bytes) -> str:
        staged, name = f"{root}/spec/{uuid.uuid4().hex}", f"{root}/spec/{uuid.uuid4().hex}"
        with files.open(staged, "wb") as file:
            file.write(data)
        files.mv(staged, name)
        return name

    def give(name: str) -> bytes:
        data: bytes = files.cat_file(name)
        return data

    return take, give


if __name__ == "__main__":
    sys.exit(main())
