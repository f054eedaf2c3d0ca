"""How long a page of the list of cases takes.

    python -m tests.benchmarks.case_list [--cases 100000] [--url URL] [--repeats 5] [--reads-first]

Fills a new SQLite file (or the PostgreSQL database at ``--url``, which must be empty) with cases,
of which four in five are predicted and one in three is signed, some in studies of several files.
Prints for each order and filter the median milliseconds of a page with the counts of every status,
first, middle and last, beside the milliseconds of reading as many rows by their keys, which no list
can do without; then, for each order, those of a queue around a case in the middle and of its next
unread. With ``--reads-first`` all that is of a reader who reads every image first, so that what the
model says of those that they did not sign is hidden.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from app.domain.cases import ORDERS, CaseFilters
from app.domain.studies.onlooker import Onlooker
from app.store.case_summary import name_key
from app.store.migrate import upgrade
from app.store.rows import AnnotationEntry, CaseEntry, JobEntry, JobItemEntry, PredictionEntry
from app.store.sql_store import SqlStore, Transaction
from app.store.worklist.rows import ClaimEntry

START = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 14  # rows on a page
STUDY = 3  # files in each tenth study
CHUNK = 5000
LABELS = ("nodule", "pneumonia", "well")
READERS = ("reader", "second", "third")
VIEWS = (("DX", "PA"), ("DX", "AP"), ("CR", "LATERAL"))
MODELS = ("a" * 64, "b" * 64)
PATIENTS = 20_000
BATCH = 10_000  # files of a batch
NOW = START + timedelta(days=2)
FILTERS: dict[str, CaseFilters] = {
    "newest": CaseFilters(),
    "oldest": CaseFilters(order="oldest"),
    "by name": CaseFilters(order="name"),
    "most probable": CaseFilters(order="probability"),
    "most doubtful": CaseFilters(order="doubt"),
    "done": CaseFilters(status="done"),
    "new": CaseFilters(status="new"),
    "new, most doubtful": CaseFilters(status="new", order="doubt"),
    "in progress": CaseFilters(status="in progress"),
    "waiting": CaseFilters(status="waiting"),
    "failed": CaseFilters(status="failed"),
    "rejected": CaseFilters(verdict="reject"),
    "from folders, by name": CaseFilters(source="folder", order="name"),
    "name holds 99 (many)": CaseFilters(text="99"),
    "name holds image-77777 (few)": CaseFilters(text="image-77777"),
    "one patient": CaseFilters(patient="P7"),
    "modality and view": CaseFilters(modality="DX", view="PA"),
    "one day, by name": CaseFilters(
        since=START + timedelta(hours=8), until=START + timedelta(hours=16), order="name"
    ),
    "one label, most probable": CaseFilters(label="nodule", order="probability"),
    "one model": CaseFilters(model=MODELS[1]),
    "one batch": CaseFilters(batch="batch1"),
    "signed by one": CaseFilters(reader="second"),
    "readers disagree, most doubtful": CaseFilters(disagreement="readers", order="doubt"),
    "six filters": CaseFilters(
        model=MODELS[1],
        label="nodule",
        modality="DX",
        reader="second",
        verdict="accept",
        source="upload",
        order="doubt",
    ),
}


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.case_list", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--url", default="", help="of an empty database; a new SQLite file else")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--reads-first", action="store_true", help="as a reader who reads first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite:///{Path(folder) / 'list.sqlite3'}"
        upgrade(url, backups=Path(folder), now=START)
        store = SqlStore(url)
        _fill(store, options.cases)
        store.renew_statistics()
        if store.engine.dialect.name == "postgresql":
            # As PostgreSQL itself does after a while.
            with store.engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.execute(text("VACUUM ANALYZE"))
        _print(store, options.repeats, options.reads_first)
        store.close()


def _print(store: SqlStore, repeats: int, reads_first: bool) -> None:
    with store.read() as tx:
        ids = [
            row.case_id for row in tx.case_list.page(CaseFilters(), page=0, size=SIZE, now=NOW).rows
        ]
    bound = _median(lambda: _by_key(store, ids), repeats)
    print(
        f"| {store.engine.dialect.name} | cases | first page, ms | middle, ms | last, ms | bound |"
    )
    print("|---|---|---|---|---|---|")
    for name, filters in FILTERS.items():
        total = _page(store, filters, 0, reads_first)
        pages = (0, max(0, (total - 1) // SIZE) // 2, max(0, (total - 1) // SIZE))
        times = [
            _median(partial(_page, store, filters, page, reads_first), repeats) for page in pages
        ]
        shown = " | ".join(f"{one:.1f}" for one in times)
        print(f"| {name} | {total} | {shown} | {times[0] / bound:.0f} × |", flush=True)
    print("\n| order | queue of 50 + 50, ms | next unread, ms | the last unread, ms |")
    print("|---|---|---|---|")
    for order in ORDERS:
        ways = _ways(store, CaseFilters(order=order), repeats, reads_first)
        print(f"| {order} | {' | '.join(ways)} |")
    print(f"\nThe bound, {SIZE} rows by their keys: {bound:.2f} ms")


def _ways(store: SqlStore, filters: CaseFilters, repeats: int, reads_first: bool) -> list[str]:
    """From a case in the middle of the list, and from its last one, behind which nothing is."""
    with store.read() as tx:
        onlooker = _onlooker(tx, reads_first)
        total = tx.case_list.page(filters, page=0, size=1, now=NOW, onlooker=onlooker).total
        middle, last = (
            tx.case_list.page(filters, page=page, size=1, now=NOW, onlooker=onlooker)
            .rows[0]
            .case_id
            for page in (total // 2, total - 1)
        )

    def around() -> None:
        with store.read() as tx:
            onlooker = _onlooker(tx, reads_first)
            for forward in (True, False):
                tx.case_list.beside(
                    filters, middle, forward=forward, most=50, now=NOW, onlooker=onlooker
                )

    def unread(after: str) -> None:
        with store.read() as tx:
            onlooker = _onlooker(tx, reads_first)
            tx.case_list.unread(filters, "reader", after=after, now=NOW, onlooker=onlooker)

    works = around, lambda: unread(middle), lambda: unread(last)
    return [f"{_median(work, repeats):.1f}" for work in works]


def _page(store: SqlStore, filters: CaseFilters, number: int, reads_first: bool = False) -> int:
    with store.read() as tx:
        onlooker = _onlooker(tx, reads_first)
        page = tx.case_list.page(filters, page=number, size=SIZE, now=NOW, onlooker=onlooker)
        return page.total


def _onlooker(tx: Transaction, reads_first: bool) -> Onlooker | None:
    """As every request asks."""
    return tx.blinding.onlooker("reader", reads_first=True) if reads_first else None


def _by_key(store: SqlStore, ids: list[str]) -> None:
    with store.engine.connect() as connection:
        connection.execute(select(CaseEntry).where(CaseEntry.id.in_(ids))).all()


def _median(work: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])  # the first fills the caches


def _fill(store: SqlStore, cases: int) -> None:
    for start in range(0, cases, CHUNK):
        numbers = range(start, min(start + CHUNK, cases))
        with store.engine.begin() as connection:
            connection.execute(insert(CaseEntry), [case_row(n) for n in numbers])
            connection.execute(insert(PredictionEntry), list(_predictions(numbers)))
            connection.execute(insert(AnnotationEntry), list(_annotations(numbers)))
            connection.execute(insert(JobEntry), list(_jobs(numbers)))
            if claims := list(_claims(numbers)):
                connection.execute(insert(ClaimEntry), claims)
    with store.engine.begin() as connection:
        for number in range(3):
            batch = {"id": f"batch{number}", "kind": "batch", "state": "done", "case_id": None}
            connection.execute(insert(JobEntry), [job_row(0) | batch])
            connection.execute(insert(JobItemEntry), list(_items(number, cases)))


def case_row(n: int) -> dict[str, Any]:
    """A row of the table of cases, number ``n``."""
    study = n - n % STUDY if n % 10 < STUDY else n
    predicted, signed = n % 5 != 0, n % 3 == 0
    name = f"Image-{n * 7919 % 1_000_003}.dcm"
    probability = (n * 7919 % 1000) / 1000
    modality, view = VIEWS[n % 3]
    return {
        "id": f"{n:032x}",
        "file_name": name,
        "name_key": name_key(name),
        "file_sha256": f"{n:064x}",
        "pixel_sha256": f"{n:064x}",
        "file_bytes": 1000,
        "format": "dicom",
        "rows": 2048,
        "columns": 2048,
        "frames": 1,
        "colour": False,
        "bits": 12,
        **{"modality": modality, "view_position": view, "laterality": "", "body_part": "CHEST"},
        **dict.fromkeys(("transfer_syntax", "photometric", "study_uid", "series_uid"), "1.2"),
        "study_key": f"{study}",
        "source": ("upload", "folder")[n % 2],
        "model": MODELS[n % 4 == 0],
        "created_at": START + timedelta(seconds=n),
        "study_newest": START + timedelta(seconds=study + STUDY - 1 if n % 10 < STUDY else n),
        "read_state": "read" if signed else "new" if predicted else "open",
        "label": LABELS[n // 7 % 3] if predicted else None,
        "probability": probability if predicted else None,
        "finding_probability": probability if predicted else -1.0,
        "doubt": 1 - abs(2 * probability - 1) if predicted else -1.0,
        "doubt_reason": "threshold" if predicted else "",
        "patient": f"P{n % PATIENTS}",
        "disagreement": ("", "model", "readers")[n % 9 // 3] if signed else "",
        "verdict": ("accept", "reject", "supplement")[n % 9 // 3] if signed else None,
        "reader": READERS[n // 5 % 3] if signed else None,
    }


def _predictions(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        if n % 5:
            yield {
                "case_id": f"{n:032x}",
                "frame": 0,
                "model": "m",
                "label": "sick",
                "probability": 0.5,
                "finding_probability": 0.5,
                "result": {},
                "created_at": START,
            }


def _annotations(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        if n % 3 == 0:
            yield {
                "case_id": f"{n:032x}",
                "frame": 0,
                "revision": 1,
                "reader": "reader",
                "verdict": ("accept", "reject", "supplement")[n % 9 // 3],
                "confidence": 3,
                "text": "",
                "model": "m",
                "model_name": "m",
                "created_at": START,
            }


def _jobs(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        if n % 10 == 0:  # half of those without a prediction still wait for it
            yield job_row(n)


def job_row(n: int) -> dict[str, Any]:
    """A waiting prediction of that case."""
    return {
        "id": f"{n:032x}",
        "kind": "predict",
        "state": "waiting",
        "work_key": f"{n}",
        "case_id": f"{n:032x}",
        "frame": 0,
        "model": "m",
        "seed": 0,
        "progress": 0.0,
        "message": "",
        "attempts": 0,
        "cancel_requested": False,
        "title": "",
        "explain": False,
        "listing": False,
        "created_at": START,
    }


def _items(batch: int, cases: int) -> Iterator[dict[str, Any]]:
    first = batch * BATCH
    for n in range(first, min(first + BATCH, cases)):
        yield {
            "job_id": f"batch{batch}",
            "position": n,
            "name": "image.dcm",
            "path": f"{n}",
            "state": "done",
            "message": "",
            "attempts": 1,
            "case_id": f"{n:032x}",
            "file_sha256": f"{n:064x}",
        }


def _claims(numbers: range) -> Iterator[dict[str, Any]]:
    """Twenty people at work, and some claims that ran out."""
    for n in numbers:
        if n % 2503 == 1:
            expires = NOW + timedelta(minutes=5 if n % 2 else -5)
            yield {
                "case_id": f"{n:032x}",
                "reader": READERS[n % 3],
                "claimed_at": NOW - timedelta(minutes=10),
                "expires_at": expires,
            }


if __name__ == "__main__":
    main()
