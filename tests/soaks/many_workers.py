"""A batch of many images read by several workers, each killed again and again.

    python -m tests.soaks.many_workers [--images 1000] [--kills 5] [--workers 2] [--seed 1]
                                      [--blobs s3]

Starts a PostgreSQL of its own (what is committed survives a crash) and workers without a server,
lets them read a folder of images that all differ, and ends each worker by SIGKILL so many times, at
moments chosen by chance when it holds a file; each gets a successor. Then every image has to be
there once: as a case, a prediction, a row of the batch, an entry of the audit, and a stored file.
With ``--blobs s3`` stored files lie in moto's S3 server (`make tools`), and workers have a data
folder of their own. Prints one JSON object; ends with 1 when anything is amiss. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.services import batches
from app.store.migrate import upgrade
from tests.app.runtime.many_workers import faults, kill_while_working, working
from tests.app.services.workplaces import CLASSES, make_workplace_with_folder, png
from tests.app.store.postgres import PostgresServer, postgres_programs
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.s3 import S3Server

PATIENCE = 7200.0  # seconds for the batch to end
SIDE = 300  # px


def main() -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.many_workers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5, help="of each worker")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blobs", choices=("folder", "s3"), default="folder")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL's initdb is not installed.")
    server = PostgresServer(programs, durable=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder, s3(options.blobs, Path(folder)) as bucket:
            figures = soak(
                Path(folder),
                server.database("soak"),
                images=options.images,
                kills=options.kills,
                workers=options.workers,
                seed=options.seed,
                bucket=bucket,
            )
    finally:
        server.stop()
        server.remove()
    written = json.dumps(figures, indent=2)
    print(written)
    if options.json:
        options.json.write_text(written + "\n", encoding="utf-8")
    return 0 if not figures["faults"] else 1


@contextmanager
def s3(blobs: str, folder: Path) -> Iterator[str]:
    """The address of a bucket; empty where stored files lie in a folder."""
    if blobs == "folder":
        yield ""
        return
    server = S3Server(folder / "s3-log")
    os.environ |= server.environment
    try:
        yield server.bucket()
    finally:
        server.stop()


def soak(
    folder: Path,
    url: str,
    *,
    images: int,
    kills: int,
    workers: int,
    seed: int,
    bucket: str = "",
) -> dict[str, Any]:
    """Let the workers read the images while they are killed.

    Args:
        folder: an empty one.
        url: of an empty PostgreSQL database.
        images: how many.
        kills: of each worker.
        workers: how many.
        seed: of the moments.
        bucket: of an S3 store, where stored files lie; empty: in the data folder.
    """
    upgrade(url, backups=folder, now=datetime.now(UTC))
    make_tiny_bundle(folder / "assets" / "models" / "nih-pneumonia", CLASSES, name="nih-pneumonia")
    workplace = make_workplace_with_folder(folder / "data", url, folder / "assets", bucket=bucket)
    own_data = folder / "worker" if bucket else None
    try:
        for number in range(images):
            path = workplace.settings.folders[0] / f"{number:05d}.png"
            path.write_bytes(png(number, side=SIDE))
        job = batches.start_folder(workplace, workplace.settings.folders[0])
        began = time.monotonic()
        with working(workplace, workers, log=folder / "log", data=own_data) as processes:
            state = kill_while_working(
                workplace, job.job_id, processes, kills=kills, seed=seed, patience=PATIENCE
            )
        return {
            "images": images,
            "workers": workers,
            "kills": kills * workers,
            "blobs": "s3" if bucket else "folder",
            "seconds": round(time.monotonic() - began, 1),
            "processors": os.cpu_count() or 0,
            "states": dict(state.counts),
            "faults": dict(faults(workplace, job.job_id, images=images)),
        }
    finally:
        workplace.close()


if __name__ == "__main__":
    sys.exit(main())
