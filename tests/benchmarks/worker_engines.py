"""What dispatching predictions costs: the job table of the program, or procrastinate.

    python -m tests.benchmarks.worker_engines [--pieces 200] [--pairs 5] [--kills 10] [--model DIR]

The same images are predicted by processes of one OpenMP thread each, which get them from a
PostgreSQL of its own: from the job table with SELECT … FOR UPDATE SKIP LOCKED, or from
procrastinate 3.10. One process and two, in pairs in turns, since other work on the machine costs
both alike; then the time from enqueueing to the beginning on an idle process; then kills by SIGKILL
at random, after which what was held is taken up again when its process was silent for 2 s; then
processes that are halted for longer, and go on. Prints one JSON object. Linux only.

procrastinate is no requirement of the program: give this command an environment of its own that
sees the program's packages and has ``procrastinate==3.10.*`` beside them.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image
from sqlalchemy import text

from app.domain.jobs import Work
from app.runtime.supervisor import ENVIRONMENT
from app.services import jobs
from app.store.migrate import upgrade
from app.store.sql_store import SqlStore
from tests.app.store.postgres import PostgresServer, postgres_programs
from tests.benchmarks.process_memory import process_tree

ENGINES = ("table", "procrastinate")
LEASE = 2.0  # seconds of silence after which what a process held is taken up again
BEAT = 0.5  # seconds between two signs of life
POLL = 0.1  # seconds between two looks at the table, as the worker's
A_KILL = 40  # pieces for each kill
LONG, PASSES_OF_LONG = "#long", 100  # a piece in whose midst a process can be met
CUT_OFF = 3  # times that a process is halted
PATIENCE = 180.0  # seconds for pieces to be done
RESULTS = """CREATE TABLE made (number bigserial PRIMARY KEY, path text NOT NULL,
    process int NOT NULL, begun_at float8 NOT NULL)"""
TICKS = os.sysconf("SC_CLK_TCK")
Predict = Callable[[str], None]


class Engine(Protocol):
    """Puts pieces of work into a queue, and takes them up again."""

    def enqueue(self, paths: Sequence[str]) -> None:
        """Enqueue one prediction a path, all in one transaction."""

    def take_up_again(self) -> int:
        """Let wait again what silent processes held; returns how many there were."""

    def unfinished(self) -> int:
        """How many are not done."""


class TableEngine:
    """The program's own job table."""

    def __init__(self, url: str) -> None:
        self._store = SqlStore(url)
        self._numbers = itertools.count()

    def enqueue(self, paths: Sequence[str]) -> None:
        """One row a path."""
        now = datetime.now(UTC)
        with self._store.write() as tx:
            for path in paths:
                jobs.enqueue(tx, Work("predict", f"{next(self._numbers)}", node=path), now=now)

    def take_up_again(self) -> int:
        """By the time of the last sign of life."""
        with self._store.engine.begin() as connection:
            return connection.execute(
                text(
                    "UPDATE job SET state = 'waiting', worker_id = NULL WHERE state = 'running' "
                    "AND NOT EXISTS (SELECT 1 FROM worker WHERE id = job.worker_id AND seen_at > "
                    "(now() AT TIME ZONE 'utc') - make_interval(secs => :lease))"
                ),
                {"lease": LEASE},
            ).rowcount

    def unfinished(self) -> int:
        """Rows that are not done."""
        return int(scalar(self._store, "SELECT count(*) FROM job WHERE state <> 'done'"))


class ProcrastinateEngine:
    """procrastinate's."""

    def __init__(self, url: str) -> None:
        self._store = SqlStore(url)
        self._procrastinate: Any = importlib.import_module("procrastinate")
        self._app = self._procrastinate.App(
            connector=self._procrastinate.SyncPsycopgConnector(conninfo=conninfo(url))
        )
        self._app.open()
        if not scalar(self._store, "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"):
            self._app.schema_manager.apply_schema()

    def enqueue(self, paths: Sequence[str]) -> None:
        """One job a path."""
        self._app.configure_task("predict").batch_defer(*({"path": path} for path in paths))

    def take_up_again(self) -> int:
        """By the heartbeat of its worker."""
        rows = self._rows(
            "SELECT job.id FROM procrastinate_jobs job LEFT JOIN procrastinate_workers w "
            "ON w.id = job.worker_id WHERE job.status = 'doing' AND (w.id IS NULL OR "
            f"w.last_heartbeat < now() - make_interval(secs => {LEASE}))"
        )
        for (number,) in rows:
            self._app.job_manager.retry_job_by_id(number, retry_at=datetime.now(UTC))
        return len(rows)

    def unfinished(self) -> int:
        """Jobs that did not succeed."""
        query = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'"
        return int(scalar(self._store, query))

    def _rows(self, query: str) -> list[Any]:
        with self._store.engine.connect() as connection:
            return list(connection.execute(text(query)))


def work_on_table(url: str, predict: Predict) -> None:
    """Take rows until this process is ended."""
    store = SqlStore(url)
    store.holder = str(os.getpid())

    def beat() -> None:
        while True:
            with store.write() as tx:
                tx.workers.sign(pid=os.getpid(), device="cpu", memory=0)
            time.sleep(BEAT)

    threading.Thread(target=beat, daemon=True).start()
    while True:
        with store.read() as tx:
            is_any = tx.jobs.is_any_waiting()
        job = None
        if is_any:
            with store.write() as tx:
                job = tx.jobs.claim(datetime.now(UTC))
        if job is None:
            time.sleep(POLL)
            continue
        begun = time.time()
        predict(job.node or "")
        with store.write() as tx:
            if not tx.jobs.is_unwanted(job.job_id):  # by now it may be another's
                tx._session.execute(text(NOTE), note(job.node or "", begun))
                tx.jobs.finish(job.job_id, state="done", now=datetime.now(UTC))


def work_on_procrastinate(url: str, predict: Predict) -> None:
    """Let procrastinate's worker run the same task."""
    procrastinate: Any = importlib.import_module("procrastinate")
    store = SqlStore(url)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo(url)))

    def task(path: str) -> None:
        begun = time.time()
        predict(path)
        with store.engine.begin() as connection:
            connection.execute(text(NOTE), note(path, begun))

    app.task(task, name="predict")
    app.run_worker(concurrency=1, update_heartbeat_interval=BEAT, stalled_worker_timeout=LEASE)


NOTE = "INSERT INTO made (path, process, begun_at) VALUES (:path, :process, :begun)"


def note(path: str, begun: float) -> dict[str, Any]:
    """What the row of a result holds."""
    return {"path": path, "process": os.getpid(), "begun": begun}


def nursery(engine: str, url: str, model: Path) -> None:
    """A process that loads the model once and forks a worker for each line that it reads."""
    import torch

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.images.reader import read_image
    from dprotonet.inference.predictor import Predictor

    torch.set_num_threads(1)
    predictor = Predictor(Bundle.load(model))

    def predict(path: str) -> None:
        for _ in range(PASSES_OF_LONG if path.endswith(LONG) else 1):
            predictor.predict(read_image(path.partition("#")[0]))

    predict(str(next(model.parent.glob("images/*.png"))))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            (work_on_table if engine == "table" else work_on_procrastinate)(url, predict)
        print(pid, flush=True)


class Workers:
    """Processes of one engine, of one nursery; they end with it."""

    def __init__(self, engine: str, url: str, model: Path) -> None:
        environment = {**os.environ, **ENVIRONMENT, "OMP_NUM_THREADS": "1"}
        self._nursery = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.benchmarks.worker_engines"),
                *("--nursery", engine, "--url", url, "--model", str(model)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self.pids: list[int] = []

    def set_count(self, count: int) -> list[int]:
        """Have so many, all of them new; returns their ids."""
        while self.pids:
            os.kill(self.pids.pop(), signal.SIGKILL)
        for _ in range(count):
            self.add()
        return self.pids

    def add(self) -> None:
        """One more."""
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self._nursery.stdin.write(b"one\n")
        self._nursery.stdin.flush()
        self.pids.append(int(self._nursery.stdout.readline()))

    def kill_oldest(self) -> None:
        """End one by SIGKILL, and start another in its place."""
        os.kill(self.pids.pop(0), signal.SIGKILL)
        self.add()

    def end(self) -> None:
        """End all."""
        self.set_count(0)
        self._nursery.kill()
        self._nursery.wait()


class Trial:
    """One PostgreSQL, the images, and both engines, each with its database and its processes."""

    def __init__(self, server: PostgresServer, folder: Path, model: Path, pieces: int) -> None:
        self._images = write_images(model.parent / "images", pieces)
        self._postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        self._queues: dict[str, Engine] = {}
        self._stores: dict[str, SqlStore] = {}
        self._workers: dict[str, Workers] = {}
        for name in ENGINES:
            url = server.database(f"of_{name}")
            upgrade(url, backups=folder, now=datetime.now(UTC))
            self._stores[name] = store = SqlStore(url)
            with store.engine.begin() as connection:
                connection.execute(text(RESULTS))
            self._queues[name] = TableEngine(url) if name == "table" else ProcrastinateEngine(url)
            self._workers[name] = Workers(name, url, model)

    def end(self) -> None:
        """End all processes."""
        for workers in self._workers.values():
            workers.end()

    def measure(self, engine: str, count: int) -> dict[str, float]:
        """All pieces once: wall and processor seconds."""
        queue = self._queues[engine]
        pids = list(self._workers[engine].set_count(count))
        self._warm_up(engine, count)
        before = processor_seconds([*pids, self._postmaster])
        started = time.monotonic()
        queue.enqueue(self._images)
        enqueued = time.monotonic()
        wait_for(queue)
        ended = time.monotonic()
        spent = processor_seconds([*pids, self._postmaster]) - before
        self._workers[engine].set_count(0)
        return {"enqueue": enqueued - started, "wall": ended - started, "cpu": spent}

    def _warm_up(self, engine: str, count: int) -> None:
        """Each process has its connections and has done something."""
        known = self._made(engine)
        while len(self._makers(engine, known)) < count:
            self._queues[engine].enqueue(self._images[:4])
            wait_for(self._queues[engine])

    def _made(self, engine: str) -> int:
        return int(scalar(self._stores[engine], "SELECT coalesce(max(number), 0) FROM made"))

    def _makers(self, engine: str, since: int) -> set[int]:
        query = f"SELECT array_agg(DISTINCT process) FROM made WHERE number > {since}"
        return set(scalar(self._stores[engine], query) or ())

    def latency(self, engine: str, times: int) -> list[float]:
        """Seconds from enqueueing to the beginning, on an idle process."""
        queue, found, chance = self._queues[engine], [], random.Random(1)
        self._workers[engine].set_count(1)
        self._warm_up(engine, 1)
        for number in range(times):
            time.sleep(0.3 + chance.random() / 5)
            asked = time.time()
            queue.enqueue([self._images[number % len(self._images)]])
            wait_for(queue)
            begun = scalar(self._stores[engine], "SELECT max(begun_at) FROM made")
            found.append(float(begun) - asked)
        self._workers[engine].set_count(0)
        return found

    def kills(self, engine: str, kills: int, seed: int) -> dict[str, float]:
        """Pieces lost and made twice while one of two processes after another is killed."""
        queue, chance, again = self._queues[engine], random.Random(seed), 0
        before = self._made(engine)
        self._workers[engine].set_count(2)
        self._warm_up(engine, 2)
        paths: list[str] = []
        for number in range(kills):
            new = [f"{path}#{number}" for path in self._images[:A_KILL]]
            queue.enqueue(new)
            paths += new
            known = self._made(engine)
            while self._workers[engine].pids[0] not in self._makers(engine, known):
                if not queue.unfinished():
                    queue.enqueue(more := [f"{path}#{number}+" for path in self._images[:A_KILL]])
                    paths += more
            time.sleep(chance.uniform(0.0, 0.1))
            self._workers[engine].kill_oldest()
            again += queue.take_up_again()
        end = time.monotonic() + PATIENCE
        while queue.unfinished() and time.monotonic() < end:
            time.sleep(0.2)
            again += queue.take_up_again()
        self._workers[engine].set_count(0)
        of_these = f"FROM made WHERE number > {before} AND path LIKE '%#%'"
        made = int(scalar(self._stores[engine], f"SELECT count(*) {of_these}"))
        known = int(scalar(self._stores[engine], f"SELECT count(DISTINCT path) {of_these}"))
        return {
            "kills": kills,
            "pieces": len(paths),
            "taken_up_again": again,
            "lost": len(paths) - known,
            "twice": made - known,
        }

    def cut_off(self, engine: str, times: int) -> dict[str, float]:
        """A process is halted in the midst of a piece for longer than the lease, another takes the
        piece up, and then the first goes on."""
        queue, before = self._queues[engine], self._made(engine)
        for number in range(times):
            (first,) = self._workers[engine].set_count(1)
            self._warm_up(engine, 1)
            queue.enqueue([f"{self._images[number]}#{number}{LONG}"])
            time.sleep(0.3)
            os.kill(first, signal.SIGSTOP)
            time.sleep(LEASE + 1)
            self._workers[engine].add()
            end = time.monotonic() + PATIENCE
            while queue.unfinished() and time.monotonic() < end:
                queue.take_up_again()
                time.sleep(0.1)
            os.kill(first, signal.SIGCONT)
            time.sleep(3.0)
        self._workers[engine].set_count(0)
        query = f"FROM made WHERE number > {before} AND path LIKE '%{LONG}'"
        made = int(scalar(self._stores[engine], f"SELECT count(*) {query}"))
        known = int(scalar(self._stores[engine], f"SELECT count(DISTINCT path) {query}"))
        return {"halted": times, "made": known, "twice": made - known}


def wait_for(queue: Engine) -> None:
    """Until all is done."""
    end = time.monotonic() + PATIENCE
    while queue.unfinished():
        if time.monotonic() > end:
            raise SystemExit("The pieces were not done in time.")
        time.sleep(0.02)


def write_images(folder: Path, count: int) -> list[str]:
    """Noise, no two the same."""
    folder.mkdir(exist_ok=True)
    chance = np.random.default_rng(0)
    paths = []
    for number in range(count):
        path = folder / f"{number:05d}.png"
        Image.fromarray(chance.integers(0, 256, (256, 256)).astype(np.uint8)).save(path)
        paths.append(str(path))
    return paths


def processor_seconds(pids: Sequence[int]) -> float:
    """Of processes, all below them, and those below them that have ended."""
    total = 0
    for pid in pids:
        for member in process_tree(pid):
            try:
                fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(map(int, fields[11:15]))
    return total / TICKS


def scalar(store: SqlStore, query: str) -> Any:
    """The one value of a query."""
    with store.engine.connect() as connection:
        return connection.scalar(text(query))


def conninfo(url: str) -> str:
    """The same database for psycopg."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def summary(rows: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Medians, and procrastinate's over the table's within each pair."""
    found: dict[str, Any] = {}
    for name in ("enqueue", "wall", "cpu"):
        values = {engine: [row[name] for row in rows[engine]] for engine in ENGINES}
        ratios = [b / a for a, b in zip(*(values[e] for e in ENGINES), strict=True)]
        found[name] = {
            **{engine: [round(v, 3) for v in values[engine]] for engine in ENGINES},
            "ratios": [round(ratio, 2) for ratio in ratios],
            "median_ratio": round(statistics.median(ratios), 2),
        }
    return found


def main() -> int:
    """Run the trial and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.worker_engines",
        description=(__doc__ or "").splitlines()[0],
    )
    parser.add_argument("--pieces", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--model", type=Path, help="a bundle; else a small one of random weights")
    parser.add_argument("--nursery", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.nursery:
        nursery(options.nursery, options.url, options.model)
        return 0
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL's initdb is not installed.")
    server = PostgresServer(programs, durable=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure_all(server, Path(folder), options), indent=2))
    finally:
        server.stop()
        server.remove()
    return 0


def measure_all(
    server: PostgresServer, folder: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Every part of the trial."""
    from tests.dprotonet.tiny_bundle import make_tiny_bundle

    model = folder / "model"
    if options.model:
        model.symlink_to(options.model.absolute())
    else:
        make_tiny_bundle(model)
    trial = Trial(server, folder, model, options.pieces)
    try:
        return measured(trial, options)
    finally:
        trial.end()


def measured(trial: Trial, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of every part."""
    found: dict[str, Any] = {"pieces": options.pieces, "load_before": os.getloadavg()[0]}
    for count in (1, 2):
        rows: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
        for pair in range(options.pairs):
            for engine in ENGINES if pair % 2 == 0 else reversed(ENGINES):
                rows[engine].append(trial.measure(engine, count))
        found[f"workers_{count}"] = summary(rows)
    for engine in ENGINES:
        waits = trial.latency(engine, 15)
        found[f"latency_{engine}"] = {
            "median": round(statistics.median(waits), 4),
            "longest": round(max(waits), 4),
        }
    if options.kills:
        for engine in ENGINES:
            found[f"kills_{engine}"] = trial.kills(engine, options.kills, seed=1)
            found[f"cut_off_{engine}"] = trial.cut_off(engine, CUT_OFF)
    return found | {"load_after": os.getloadavg()[0]}


if __name__ == "__main__":
    sys.exit(main())
