"""Several processes that sign the same cases at the same time, on both kinds of database.

    python -m tests.soaks.concurrent_writes [--processes 8] [--writes 500] [--json FILE]

Every write is a signature through the service, with its entry in the audit; who was overtaken looks
again and signs on top, as a reader would. Afterwards every write has to be there exactly once, and
the audit has to verify. Ends with 1 when anything is amiss. PostgreSQL is left out, and said so,
where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app import bootstrap
from app.domain.actors import Actor
from app.domain.annotations import AnnotationFilters
from app.domain.errors import Conflict
from app.services import annotations, review
from app.services.audit import verifying
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.migrate import upgrade
from tests.app.services.workplaces import make_workplace, png
from tests.app.store.postgres import PostgresServer, postgres_programs
from tests.paths import ROOT
from tests.soaks.signing import sign_once

CASES = 40  # that all of them sign
PATIENCE = 3_600  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.concurrent_writes", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--writes", type=int, default=500, help="of each process")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    figures: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            with database(kind) as url:
                if url is None:
                    print("PostgreSQL is not installed: left out.", file=sys.stderr)
                    continue
                data = Path(folder) / kind
                figures[kind] = soak(data, url, options.processes, options.writes)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if any(one["faults"] for one in figures.values()) else 0


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """The URL of an empty database, "" for the data folder's own; None where there is none."""
    programs = postgres_programs()
    if kind == "sqlite":
        yield ""
    elif programs is None:
        yield None
    else:
        server = PostgresServer(programs, durable=True)
        server.start()
        try:
            yield server.database("soak")
        finally:
            server.stop()
            server.remove()


def soak(data: Path, url: str, processes: int, writes: int) -> dict[str, object]:
    """Sign from several processes; returns the figures, with ``faults``."""
    settings = Settings(data, database_url=url, assets=data / "none", patients=False)
    bootstrap.prepare_data_folder(settings)
    upgrade(settings.store_url, backups=settings.backups, now=datetime.now(UTC))
    with closing(make_workplace(settings)) as workplace:
        for number in range(CASES):
            intake.add(workplace, png(number), name=f"{number}.png")
    started = time.monotonic()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _CALL.format(str(data), url, number, writes)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    said = [process.communicate(timeout=PATIENCE)[0] for process in running]
    seconds = time.monotonic() - started
    faults = [f"a process ended with {p.returncode}" for p in running if p.returncode]
    times, conflicts = [], 0
    for text in said:
        if text.strip():
            answer = json.loads(text.splitlines()[-1])
            times += answer["seconds"]
            conflicts += answer["conflicts"]
    with closing(bootstrap.open_workplace(settings)) as workplace:
        faults += missing(workplace, processes, writes)
    return {
        "processes": processes,
        "writes": processes * writes,
        "seconds": round(seconds, 1),
        "writes_per_second": round(processes * writes / seconds, 1),
        "overtaken": conflicts,
        "p50_ms": round(1000 * statistics.median(times), 1),
        "p95_ms": round(1000 * statistics.quantiles(times, n=20)[-1], 1),
        "longest_ms": round(1000 * max(times), 1),
        "faults": faults,
    }


def missing(workplace: Workplace, processes: int, writes: int) -> list[str]:
    """What does not agree with every write having been kept exactly once."""
    wanted = Counter(
        f"{process}-{number}" for process in range(processes) for number in range(writes)
    )
    kept: Counter[str] = Counter()
    every = AnnotationFilters(all_revisions=True)
    page = 0
    while rows := annotations.search(workplace, every, page=page, size=500).rows:
        kept.update(row.annotation.text for row in rows)
        page += 1
    audit = verifying.verify(workplace)
    faults = [f"the audit: {problem}" for problem in audit.problems]
    if lost := wanted - kept:
        faults.append(f"{lost.total()} writes are lost")
    if more := kept - wanted:
        faults.append(f"{more.total()} writes are there twice, or nobody made them")
    return faults


_CALL = "from tests.soaks.concurrent_writes import sign_many; sign_many({!r}, {!r}, {}, {})"


def sign_many(data: str, url: str, process: int, writes: int) -> None:
    """One process: sign cases by chance, and print how long each took."""
    settings = Settings(Path(data), database_url=url, assets=Path(data) / "none", patients=False)
    reader = Actor(f"Reader {process}", "reader", frozenset({"lead"}))
    chance = random.Random(process)
    seconds: list[float] = []
    conflicts = 0
    with closing(bootstrap.open_workplace(settings, actor=reader)) as workplace:
        cases = [row.case_id for row in review.list_cases(workplace, size=CASES).rows]
        for number in range(writes):
            case_id = chance.choice(cases)
            started = time.monotonic()
            while not _signed(workplace, case_id, f"{process}-{number}"):
                conflicts += 1
            seconds.append(time.monotonic() - started)
    print(json.dumps({"seconds": seconds, "conflicts": conflicts}))


def _signed(workplace: Workplace, case_id: str, text: str) -> bool:
    try:
        sign_once(workplace, case_id, text)
    except Conflict:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
