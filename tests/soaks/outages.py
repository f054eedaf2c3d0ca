"""A full disk, a disk that becomes read-only, and a PostgreSQL that is stopped, while readers sign.

    python -m tests.soaks.outages [--rounds 5] [--json FILE]

The program runs on a small disk, or with a PostgreSQL of its own, and is signed without a pause.
Then the disk is filled, or fails so that the system makes it read-only, or PostgreSQL is stopped as
by a power cut, and all is put right again. Meanwhile every refusal has to be the sentence that says
what is the matter and what to do, on the page too. Afterwards the same server has to go on without
a start, except after a failed disk, which nobody can mend below a running program. Nothing that was
acknowledged may be lost. Ends with 1 when anything is amiss. Linux only; the disks need a user who
may mount one, PostgreSQL has to be installed: what cannot be tried is left out, and said so.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import bootstrap
from app.services import review
from tests.app.disks import fill
from tests.app.services.workplaces import png
from tests.app.store.postgres import PostgresServer, postgres_programs
from tests.soaks.afterwards import stored
from tests.soaks.page import Page, front_page
from tests.soaks.program import SoakedProgram
from tests.soaks.signing import Signatures

DISK = 200 * 1024**2  # bytes
BEFORE = 1.0  # seconds of signing before something goes wrong
DURING = 3.0  # seconds that it lasts
LEAVING = 15.0  # seconds until killed processes are gone
AFTER = 60.0  # seconds until signing has to go on
SENTENCES = {
    "full disk": ("The disk is full",),
    "failed disk": ("The data folder is read-only", "The disk reports an error"),
    "PostgreSQL stopped": ("The database cannot be reached",),
}

_ON_PAGES = {
    "full disk": ("The disk is full",),
    "failed disk": ("The data folder is read-only", "The file could not be kept"),
    "PostgreSQL stopped": ("503 DProtoNet Review The database cannot be reached",),
}
"""What a page says; a server error that is no sentence is none of it."""


@dataclass(frozen=True)
class Outage:
    """Something that goes wrong, and the program that it happens to."""

    name: str
    program: SoakedProgram
    lasting: Callable[[], AbstractContextManager[None]]
    restarts: bool = False
    """The program ends and starts again before all is well."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.outages", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=5, help="of each kind")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    figures: dict[str, dict[str, object]] = {}
    for outages in (on_disks, on_postgres):
        with outages() as found:
            if not found:
                print(f"Left out: {outages.__name__} cannot be tried here.", file=sys.stderr)
            for outage in found:
                figures[outage.name] = soak(outage, options.rounds)
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if any(one["faults"] for one in figures.values()) else 0


@contextmanager
def on_disks() -> Iterator[list[Outage]]:
    """A full and a failed disk, with the program that lies on it."""
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)) as disk:
        if disk is None:
            yield []
            return
        with running(disk / "soak") as program:

            @contextmanager
            def full() -> Iterator[None]:
                fill(disk)
                try:
                    yield
                finally:
                    (disk / "filler").unlink()

            @contextmanager
            def failed() -> Iterator[None]:
                # The system takes the file system for damaged and allows no more writing.
                _run("mount", "-o", "remount,abort", disk)
                yield
                program.kill()
                _unmount(disk)
                subprocess.run(["e2fsck", "-fy", _image(Path(folder))], stdout=subprocess.DEVNULL)
                _run("mount", "-o", "loop", _image(Path(folder)), disk)
                program.start()

            yield [
                Outage("full disk", program, full),
                Outage("failed disk", program, failed, restarts=True),
            ]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk of its own; None where this user may not mount one."""
    if shutil.which("mkfs.ext4") is None or shutil.which("mount") is None:
        yield None
        return
    disk = folder / "disk"
    disk.mkdir()
    with _image(folder).open("wb") as file:
        file.truncate(DISK)
    _run("mkfs.ext4", "-q", "-F", _image(folder))
    mounting = ["mount", "-o", "loop", str(_image(folder)), str(disk)]
    if subprocess.run(mounting, check=False, stderr=subprocess.DEVNULL).returncode:
        yield None
        return
    try:
        yield disk
    finally:
        _run("umount", "-l", disk)


def _unmount(disk: Path) -> None:
    """Also where what was killed has not quite gone yet."""
    end = time.monotonic() + LEAVING
    while subprocess.run(["umount", str(disk)], check=False, stderr=subprocess.DEVNULL).returncode:
        if time.monotonic() > end:
            raise SystemExit("the disk stays busy")
        time.sleep(0.1)


def _image(folder: Path) -> Path:
    return folder / "disk.img"


def _run(*words: str | Path) -> None:
    subprocess.run([*map(str, words)], check=True)


@contextmanager
def on_postgres() -> Iterator[list[Outage]]:
    """A PostgreSQL that is stopped, with the program whose database it has."""
    programs = postgres_programs()
    if programs is None:
        yield []
        return
    server = PostgresServer(programs, durable=True)
    server.start()
    try:
        url = server.database("soak")
        with (
            tempfile.TemporaryDirectory() as folder,
            running(Path(folder), environment={"DPROTONET_DATABASE_URL": url}) as program,
        ):

            @contextmanager
            def stopped() -> Iterator[None]:
                server.stop()
                try:
                    yield
                finally:
                    server.start()

            yield [Outage("PostgreSQL stopped", program, stopped)]
    finally:
        server.stop()
        server.remove()


@contextmanager
def running(folder: Path, *, environment: dict[str, str] | None = None) -> Iterator[SoakedProgram]:
    """A program with a few cases; its log lies on another disk."""
    program = SoakedProgram(folder, environment=environment)
    with tempfile.TemporaryDirectory() as elsewhere:
        (program.data / "server.log").symlink_to(Path(elsewhere) / "server.log")
        program.start()
        try:
            program.add_reader()
            with Page(program.port, program.cookie) as page:
                page.report([_sent(page, number) for number in range(3)])
            yield program
        finally:
            program.stop()


def soak(outage: Outage, rounds: int) -> dict[str, object]:
    """Let it go wrong that often; returns the figures, with ``faults``."""
    program = outage.program
    signatures = Signatures(outage.name)
    faults: list[str] = []
    pages: Counter[str] = Counter()
    longest = 0.0
    server = program.pid
    for number in range(rounds):
        with signatures.made_beside(program) as signing:
            time.sleep(BEFORE)
            refused = len(signatures.refused)
            with outage.lasting():
                time.sleep(0.2)
                pages.update(_page_says(program, number))
                time.sleep(DURING)
                if outage.restarts:
                    signing.kill()
                    signing.wait()
            if len(signatures.refused) == refused:
                faults.append(f"round {number}: no signature was refused")
            if not outage.restarts:
                longest = max(longest, _goes_on(program, signatures, number, faults))
        if outage.restarts:
            with signatures.made_beside(program):
                longest = max(longest, _goes_on(program, signatures, number, faults))
    wrong = {text for text in signatures.refused if not text.startswith(SENTENCES[outage.name])}
    faults += [f"another sentence: {text}" for text in wrong]
    wanted = _ON_PAGES[outage.name]
    wrong = {text for text in pages if not any(part in text for part in wanted)}
    faults += [f"a page said: {text}" for text in wrong]
    if program.pid != server and not outage.restarts:
        faults.append("the server ended")
    with closing(bootstrap.open_workplace(program.settings)) as workplace:
        faults += signatures.lost(workplace)
        cases = review.list_cases(workplace, size=1).total
    found, more = stored(program)
    return {
        "rounds": rounds,
        "signed": len(signatures.acknowledged),
        "refused": len(signatures.refused),
        "sentences": dict(Counter(signatures.refused)),
        "pages": dict(pages),
        "longest_until_signed_again_s": round(longest, 2),
        "cases": cases,
        "afterwards": found,
        "faults": faults + more,
    }


def _page_says(program: SoakedProgram, number: int) -> Iterator[str]:
    """What a reader sees who adds an image meanwhile."""
    try:
        status, text = front_page(program.port, program.cookie)
        if status != 200:
            yield f"{status} {text}"
            return
        with Page(program.port, program.cookie) as page:
            status, answer = page.send("new.png", png(1000 + number))
            if status != 200:
                yield f"{status} {answer['error']}"
                return
            other = page.send("other.txt", b"no image")[1]["id"]
            drawn = page.report([str(answer["id"]), str(other)])
            yield from drawn.alerts
            said = (one.message for one in drawn.taken_in if one.outcome == "error")
            yield from (text.replace("\\", "") for text in said)
    except Exception as error:
        yield f"{type(error).__name__}: {error}"


def _goes_on(
    program: SoakedProgram, signatures: Signatures, number: int, faults: list[str]
) -> float:
    """Seconds until a signature was kept again and a page answered, by the same server."""
    began = time.monotonic()
    count = len(signatures.acknowledged)
    while len(signatures.acknowledged) == count:
        if time.monotonic() - began > AFTER:
            faults.append(f"round {number}: nothing is signed any more")
            break
        time.sleep(0.02)
    seconds = time.monotonic() - began
    try:
        with Page(program.port, program.cookie) as page:
            taken = page.report([_sent(page, 5000 + 10 * number + n) for n in range(2)]).taken_in
        if [one.outcome for one in taken] not in (["added"] * 2, ["duplicate"] * 2):
            faults.append(f"round {number}: afterwards {taken}")
    except Exception as error:
        faults.append(f"round {number}: afterwards {type(error).__name__}: {error}")
    return seconds


def _sent(page: Page, number: int) -> str:
    return str(page.send(f"{number}.png", png(number))[1]["id"])


if __name__ == "__main__":
    sys.exit(main())
