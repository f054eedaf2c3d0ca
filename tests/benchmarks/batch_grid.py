"""How long a page of a batch's files takes, in a large batch beside a small one.

    python -m tests.benchmarks.batch_grid [--files 100000] [--small 1000] [--postgres] [--repeats 5]

Fills a new SQLite file, or with ``--postgres`` a database of a PostgreSQL that it starts, with two
batches of read files, four in five with a prediction and one in three signed. Prints for each order
and filter the median milliseconds of all that a page draws (its rows, the number of rows, how far
readers agree, where the batch stands): the first page and the last of the large batch, and the
first of the small one.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from app.domain.figures.batch_view import BATCH_ORDERS, BatchFilters
from app.store.migrate import upgrade
from app.store.rows import AnnotationEntry, CaseEntry, JobEntry, JobItemEntry, PredictionEntry
from app.store.sql_store import SqlStore
from tests.app.store.postgres import PostgresServer, postgres_programs
from tests.benchmarks.case_list import case_row, job_row

START = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 10  # rows on a page
CHUNK = 5000
MODEL = "m"
FILTERS: dict[str, BatchFilters] = {
    **{f"order: {order}": BatchFilters(order=order) for order in BATCH_ORDERS},
    "state: read": BatchFilters(states=("done", "duplicate")),
    "label": BatchFilters(label="sick"),
    "readers agree": BatchFilters(agreement="agreed"),
    "name holds 99": BatchFilters(text="99"),
}


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.batch_grid", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _database(folder, options.postgres) as url:
        upgrade(url, backups=Path(folder), now=START)
        store = SqlStore(url)
        _fill(store, "large", range(options.files))
        _fill(store, "small", range(options.files, options.files + options.small))
        store.renew_statistics()
        if options.postgres:  # as PostgreSQL itself does after a while
            with store.engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.execute(text("VACUUM ANALYZE"))
        _print(store, options.files, options.small, options.repeats)
        store.close()


@contextmanager
def _database(folder: str, postgres: bool) -> Iterator[str]:
    if not postgres:
        yield f"sqlite:///{Path(folder) / 'grid.sqlite3'}"
        return
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL's initdb is not installed.")
    server = PostgresServer(programs)
    server.start()
    try:
        yield server.database("grid")
    finally:
        server.stop()
        server.remove()


def _print(store: SqlStore, files: int, small: int, repeats: int) -> None:
    name = store.engine.dialect.name
    print(f"| {name} | {small} files, ms | {files} files: first page, ms | last page, ms | ratio |")
    print("|---|---|---|---|---|")

    def shown(what: str, pages: list[Callable[[], Any]]) -> None:
        times = [_median(page, repeats) for page in pages]
        cells = " | ".join(f"{one:.1f}" for one in times)
        ratio = " : ".join(f"{one / times[0]:.1f}" for one in times)
        print(f"| {what} | {cells} | {ratio} |", flush=True)

    for what, filters in FILTERS.items():
        total = _page(store, "large", filters, 0)
        last = max(0, (total - 1) // SIZE)
        shown(
            what,
            [
                lambda filters=filters: _page(store, "small", filters, 0),
                lambda filters=filters: _page(store, "large", filters, 0),
                lambda filters=filters, last=last: _page(store, "large", filters, last),
            ],
        )
    shown("agreement", [lambda one=one: _agreement(store, one) for one in ("small", "large")])
    shown("progress", [lambda one=one: _progress(store, one) for one in ("small", "large")])


def _page(store: SqlStore, batch: str, filters: BatchFilters, number: int) -> int:
    with store.read() as tx:
        return tx.batch_report.page(batch, page=number, size=SIZE, filters=filters).total


def _agreement(store: SqlStore, batch: str) -> None:
    with store.read() as tx:
        tx.batch_report.agreement(batch)


def _progress(store: SqlStore, batch: str) -> None:
    with store.read() as tx:
        tx.batches.progress(batch)


def _median(work: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])  # the first fills the caches


def _fill(store: SqlStore, batch: str, numbers: range) -> None:
    job = {"id": batch, "kind": "batch", "state": "done", "case_id": None, "model": MODEL}
    with store.engine.begin() as connection:
        connection.execute(insert(JobEntry), [job_row(numbers[0]) | job | {"work_key": batch}])
    for start in range(numbers.start, numbers.stop, CHUNK):
        part = range(start, min(start + CHUNK, numbers.stop))
        with store.engine.begin() as connection:
            connection.execute(insert(CaseEntry), [case_row(n) for n in part])
            connection.execute(insert(PredictionEntry), [_prediction(n) for n in part if n % 5])
            connection.execute(
                insert(AnnotationEntry), [_annotation(n) for n in part if n % 3 == 0]
            )
            rows = [_item(batch, n, n - numbers.start) for n in part]
            connection.execute(insert(JobItemEntry), rows)


def _prediction(n: int) -> dict[str, Any]:
    return {
        "case_id": f"{n:032x}",
        "frame": 0,
        "model": MODEL,
        "label": ("sick", "well")[n % 2],
        "probability": 0.75,
        "finding_probability": (n * 7919 % 1000) / 1000,
        "result": {
            "label": ("sick", "well")[n % 2],
            "probabilities": {"sick": 0.25, "well": 0.75},
            "logits": {"sick": 0.0, "well": 1.0},
            "threshold": 0.5,
            "matches": [],
            "closest_similarity": 0.5,
            "no_prototype_is_close": False,
            "seconds": 0.1,
            "bundle": MODEL,
        },
        "created_at": START,
    }


def _annotation(n: int) -> dict[str, Any]:
    return {
        "case_id": f"{n:032x}",
        "frame": 0,
        "revision": 1,
        "reader": "reader",
        "verdict": ("accept", "reject", "supplement")[n % 9 // 3],
        "confidence": 3,
        "text": "",
        "model": MODEL,
        "model_name": MODEL,
        "created_at": START,
    }


def _item(batch: str, n: int, position: int) -> dict[str, Any]:
    return {
        "job_id": batch,
        "position": position,
        "name": f"image-{n * 7919 % 1_000_003}.dcm",
        "path": f"{n}.dcm",
        "shown_path": f"{n}.dcm",
        "state": "done",
        "message": "",
        "attempts": 1,
        "case_id": f"{n:032x}",
        "file_sha256": f"{n:064x}",
    }


if __name__ == "__main__":
    main()
