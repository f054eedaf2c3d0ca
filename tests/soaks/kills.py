"""Server, worker and backup killed in the midst of work, again and again.

    python -m tests.soaks.kills [--kills 50] [--seed 1] [--json FILE]

While the program runs, a process beside it signs through the services without a pause, files come
in by the Review page of an installation that holds patients (they are de-identified), batches
run and backups are made. At a moment chosen by chance processes are ended by SIGKILL: the one that
signs, and the whole program, its worker, or a backup. Then the program is started again. What was
acknowledged has to be there, no half-done thing may be left, the audit has to verify, and nothing
that names the patient may lie on the disk. Ends with 1 when anything is amiss. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from app import bootstrap
from app.services import batches, binding, review
from app.services.workplace import Workplace
from app.store.files.blobs import STAGING
from app.store.restore import look
from dprotonet.errors import ReadableError
from tests.app.services.deidentify.planted import found_in, found_in_files, planted_dicom
from tests.paths import ROOT
from tests.soaks.afterwards import stored
from tests.soaks.page import Page
from tests.soaks.program import SoakedProgram
from tests.soaks.signing import Signatures

TARGETS = ("program", "worker", "backup", "program in a batch")
LONGEST = 2.5  # seconds from the beginning of the work to the kill
BACKUP_STARTS = 0.3  # seconds that its interpreter takes at least
PATIENCE = 120.0  # seconds for work that was interrupted to end
MORE = {"DPROTONET_PATIENTS": "yes", "DPROTONET_PSEUDONYM_KEY": "5e" * 32}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.kills", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(Path(folder), options.kills, options.seed)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if figures["faults"] else 0


def soak(
    folder: Path, kills: int, seed: int, *, targets: Sequence[str] = TARGETS
) -> dict[str, object]:
    """Kill that often; returns the figures, with ``faults``."""
    chance = random.Random(seed)
    program = SoakedProgram(folder, environment=MORE)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    signatures = Signatures()
    started = time.monotonic()
    program.start()
    program.add_reader()
    try:
        with Page(program.port, program.cookie) as page:
            page.report([_sent(page, number) for number in (1, 2, 3)])
        for number in range(kills):
            target = targets[number % len(targets)]
            counts[target] += 1
            said = _killed_once(program, target, number, chance, signatures)
            said += _checked(program, signatures, is_new_start=target.startswith("program"))
            faults += [f"kill {number} ({target}): {fault}" for fault in said]
            print(f"{number + 1} of {kills}: {said or 'well'}", file=sys.stderr, flush=True)
        found, _ = stored(program)
    finally:
        program.stop()
        faults += signatures.refused
    return {
        "kills": dict(counts),
        "signed": len(signatures.acknowledged),
        "backups": len(list(program.settings.backups.glob("[!.]*"))),
        "unfinished_backups_left": len(list(program.settings.backups.glob(".*"))),
        "afterwards": found,
        "seconds": round(time.monotonic() - started, 1),
        "faults": faults,
    }


def _killed_once(
    program: SoakedProgram,
    target: str,
    number: int,
    chance: random.Random,
    signatures: Signatures,
) -> list[str]:
    """Work of every kind, then the kill; the program runs again afterwards."""
    stop = threading.Event()
    tasks: list[Callable[[], None]] = [lambda: _upload(program, 100 + number * 20, stop)]
    if target in ("worker", "program in a batch"):
        tasks.append(lambda: _batch(program, 10_000 + number * 20))
    threads = [threading.Thread(target=task, daemon=True) for task in tasks]
    with signatures.made_beside(program) as signing:
        for thread in threads:
            thread.start()
        backup = _backup(program) if target == "backup" else None
        time.sleep(
            chance.uniform(0.05, LONGEST) if backup is None else chance.uniform(0.3, LONGEST)
        )
        if backup is not None:
            backup.kill()
            backup.wait()
        elif target == "worker" and (worker := program.worker) is not None:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        else:
            program.kill()
        signing.kill()
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
    faults = _on_disk(program)
    if program.pid is None:
        program.start()
    return faults + _broken_backups(program)


def _sent(page: Page, number: int) -> str:
    return str(page.send(f"Canary-{number}.dcm", planted_dicom(number))[1]["id"])


def _upload(program: SoakedProgram, first: int, stop: threading.Event) -> None:
    with suppress(Exception), Page(program.port, program.cookie) as page:  # it is killed
        for number in range(first, first + 20, 2):
            if stop.is_set():
                return
            page.report([_sent(page, number), _sent(page, number + 1)])


def _batch(program: SoakedProgram, first: int) -> None:
    with suppress(Exception), Page(program.port, program.cookie, path="batch") as page:
        ids = [_sent(page, number) for number in range(first, first + 12)]
        page.report(ids)
        page.press("Start", ids)


def _backup(program: SoakedProgram) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "backup"],
        cwd=ROOT,
        env=program.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _broken_backups(program: SoakedProgram) -> list[str]:
    """Backups that look whole and are not."""
    faults = []
    for path in program.settings.backups.glob("[!.]*"):
        try:
            look(program.settings.store_url, path, identity_key=binding.IDENTITY)
        except ReadableError as error:
            faults.append(f"{path.name} looks like a backup: {error}")
    return faults


def _on_disk(program: SoakedProgram) -> list[str]:
    found = found_in_files([program.data, program.temporary])
    return [f"{path} names the patient: {sorted(what)}" for path, what in found.items()]


def _checked(program: SoakedProgram, signatures: Signatures, *, is_new_start: bool) -> list[str]:
    """What is not as it should be, once the work that was interrupted is done."""
    with closing(bootstrap.open_workplace(program.settings)) as workplace:
        faults = _work_ends(workplace)
        faults += signatures.lost(workplace)
    _, more = stored(program)
    staged = list((program.data / "blobs" / STAGING).glob("*"))
    if staged and is_new_start:  # beside a server that goes on they may be of files under way
        faults.append(f"{len(staged)} staged files are left")
    faults += more
    faults += [f"the log names the patient: {what}" for what in found_in(program.log.read_bytes())]
    return faults


def _work_ends(workplace: Workplace) -> list[str]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        open_batches = [one for one in batches.batches(workplace) if one.job.is_active]
        waiting = [
            row for row in review.list_cases(workplace, size=5000).rows if row.status == "waiting"
        ]
        if not open_batches and not waiting:
            return []
        time.sleep(0.2)
    return [f"{len(open_batches)} batches and {len(waiting)} predictions never end"]


if __name__ == "__main__":
    sys.exit(main())
