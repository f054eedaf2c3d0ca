"""How much memory uploads cost the server.

    python -m tests.benchmarks.uploads [--files 6] [--mebibytes 240]

Starts the whole program on a folder of its own, opens one browser session for each file, sends all
files at the same time as the upload field would, and has the pages take them in. The bytes are
noise, so nothing is decoded: only the transfer is measured. Ends with 1 when the server process
grew by more than 100 MB at its largest. Linux only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.settings import MEBIBYTE, Settings
from tests.benchmarks.app_memory import running_program
from tests.benchmarks.process_memory import resident
from tests.soaks.page import Page, enter

MOST_GROWTH = 100.0  # MB


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.uploads", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--files", type=int, default=6)
    parser.add_argument("--mebibytes", type=int, default=240, help="of each file")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_program(Path(folder) / "data", {}) as (pid, settings),
    ):
        figures = measure(pid, settings, options.files, options.mebibytes)
    print(json.dumps(figures, indent=2))
    return 0 if figures["growth_mb"] <= MOST_GROWTH else 1


def measure(pid: int, settings: Settings, files: int, mebibytes: int) -> dict[str, float]:
    """Send the files at the same time, each from a session of its own."""
    with ThreadPoolExecutor(files) as senders:
        _send_all(senders, settings, files, 1)  # pages, threads and connections are there
        before = resident(pid)["VmRSS"]
        started = time.monotonic()
        _send_all(senders, settings, files, mebibytes)
    after = resident(pid)
    return {
        "files": files,
        "mebibytes_each": mebibytes,
        "seconds": round(time.monotonic() - started, 1),
        "before_mb": before,
        "largest_mb": after["VmHWM"],
        "after_mb": after["VmRSS"],
        "growth_mb": round(after["VmHWM"] - before, 1),
        "left_in_spool": len(list(settings.spool.iterdir())),
    }


def _send_all(senders: ThreadPoolExecutor, settings: Settings, files: int, mebibytes: int) -> None:
    list(senders.map(lambda _: _send(settings, mebibytes), range(files)))


def _send(settings: Settings, mebibytes: int) -> None:
    """One reader: opens the page, sends a file, and reports it to the page."""
    piece = bytes(range(256)) * (MEBIBYTE // 256)
    with Page(settings.port, enter(settings.port)) as page:
        _, answer = page.send_pieces(
            "noise.bin", (piece for _ in range(mebibytes)), size=mebibytes * MEBIBYTE
        )
        if "id" not in answer:
            raise SystemExit(answer["error"])
        page.report([answer["id"]])


if __name__ == "__main__":
    sys.exit(main())
