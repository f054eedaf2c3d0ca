"""How fast images of other systems are taken in, beside a program that only writes them down.

    python -m tests.benchmarks.receiving [--images 60] [--megabytes 7] [--associations 1]

dcmtk's storescu sends the same uncompressed radiographs to three providers, one after the other on
this machine: pynetdicom with a handler that writes the bytes and syncs them (the bound), this
program's receiver, and the receiver where patients' images are held, which de-identifies each and
looks for text in its pixels. Prints one JSON object: seconds, MB/s, the receiver's largest memory,
and seconds as multiples of the bound's. Each provider has taken one image before. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app.receiver.receiver import Listening
from tests.app.receiver.processes import running
from tests.app.receiver.senders import TITLE, dcmtk
from tests.benchmarks.process_memory import resident
from tests.paths import ROOT

BARE = "--bare"
COLUMNS = 2000
BOUND, PLAIN, HELD = "only written down", "received", "received and de-identified"


def main() -> int:
    """Run the benchmark, or be the bound."""
    if sys.argv[1:2] == [BARE]:
        return _bare(Path(sys.argv[2]))
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.receiving", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--megabytes", type=float, default=7.0, help="of each")
    parser.add_argument("--associations", type=int, default=1, help="at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.images, options.megabytes, options.associations)
    print(json.dumps(figures, indent=2))
    return 0


def measure(folder: Path, images: int, megabytes: float, associations: int) -> dict[str, object]:
    """Send all images to each provider."""
    files = [_image(folder / f"{n}.dcm", n, megabytes) for n in range(images + 1)]
    size = sum(file.stat().st_size for file in files[1:]) / 1e6
    found: dict[str, dict[str, float]] = {}
    with _bare_process(folder) as (pid, listening):
        found[BOUND] = _timed(listening, files, associations, size, pid)
    for name, patients in ((PLAIN, "no"), (HELD, "yes")):
        data = folder / patients
        settings = _prepared(data, patients)
        with running(data, folder / "log", **settings) as receiver:
            pid = receiver.process.pid
            found[name] = _timed(receiver.listening, files, associations, size, pid)
    for figures in found.values():
        figures["times_the_bound"] = round(figures["seconds"] / found[BOUND]["seconds"], 2)
    return {
        "images": images,
        "megabytes": round(size, 1),
        "associations": associations,
        "processors": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        **found,
    }


def _timed(
    listening: Listening, files: Sequence[Path], associations: int, size: float, pid: int
) -> dict[str, float]:
    _send(listening, files[:1])
    parts = [files[1 + number :: associations] for number in range(associations)]
    started = time.monotonic()
    with ThreadPoolExecutor(associations) as senders:
        list(senders.map(lambda part: _send(listening, part), parts))
    seconds = time.monotonic() - started
    return {
        "seconds": round(seconds, 2),
        "mb_per_second": round(size / seconds, 1),
        "largest_mb": resident(pid)["VmHWM"],
    }


def _send(listening: Listening, files: Sequence[Path]) -> None:
    done = dcmtk("storescu", listening, *files)
    if done.returncode:
        raise SystemExit(done.stderr)


def _prepared(data: Path, patients: str) -> dict[str, str]:
    settings = {"DPROTONET_PATIENTS": patients, "DPROTONET_RECEIVE_FROM": TITLE}
    if patients == "yes":
        settings["DPROTONET_PSEUDONYM_KEY"] = "17" * 32
    environment = {**os.environ, **settings, "DPROTONET_DATA": str(data)}
    subprocess.run(
        [sys.executable, "-m", "app", "migrate"], env=environment, cwd=ROOT, check=True, stdout=2
    )
    return settings


def _image(path: Path, number: int, megabytes: float) -> Path:
    from tests.app.receiver.senders import image
    from tests.app.services.workplaces import dicom

    made = image(dicom(number))
    made.ImageType = ["ORIGINAL", "PRIMARY"]
    made.PatientID = f"p{number}"
    made.Rows, made.Columns = int(megabytes * 1e6 / 2 / COLUMNS), COLUMNS
    noise = np.random.default_rng(number).integers(0, 60, (made.Rows, COLUMNS))
    slope = np.linspace(200, 3800, COLUMNS)[None, :] + noise
    made.PixelData = slope.astype("<u2").tobytes()
    made.save_as(path, enforce_file_format=True)
    return path


@contextmanager
def _bare_process(folder: Path) -> Iterator[tuple[int, Listening]]:
    into = folder / "bare"
    into.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.receiving", BARE, str(into)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.pid, Listening("BARE", "127.0.0.1", int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


def _bare(into: Path) -> int:
    """Only write what comes, and sync it."""
    from pynetdicom import AE, AllStoragePresentationContexts, _config, evt
    from pynetdicom.events import Event

    def write(event: Event) -> int:
        with (into / str(event.file_meta.MediaStorageSOPInstanceUID)).open("wb") as file:
            file.write(event.encoded_dataset())
            file.flush()
            os.fsync(file.fileno())
        return 0x0000

    _config.LOG_HANDLER_LEVEL = "none"
    entity = AE("BARE")
    entity.supported_contexts = AllStoragePresentationContexts
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, write)]
    )
    assert server is not None
    print(server.server_address[1], flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
