"""Access to the database: transactions that read, and transactions that write.

On SQLite a writer says BEGIN IMMEDIATE: it takes the write lock before it reads, so that a value
read and then written back cannot have changed in between. On PostgreSQL the unique constraints,
row locks and an advisory lock for the blob folder do the same.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.domain.errors import DiskFull
from app.store.accounts.accounts import Accounts
from app.store.accounts.api_tokens import ApiTokens
from app.store.accounts.sessions import Sessions
from app.store.annotations import Annotations
from app.store.audit.entries import Audit
from app.store.audit.signatures import Signatures
from app.store.batch_items import BatchItems
from app.store.batch_report import BatchReport
from app.store.batches import Batches
from app.store.case_list import CaseList
from app.store.cases import Cases
from app.store.editing.proposals import Proposals
from app.store.errors import readable_errors
from app.store.figures.performance import Performance
from app.store.files.identities import Identities
from app.store.files.reserve import Reserve
from app.store.folder_listings import FolderListings
from app.store.interventions.tries import Tries
from app.store.jobs import Jobs
from app.store.programs.attach_jobs import AttachJobs
from app.store.programs.check_jobs import CheckJobs
from app.store.programs.learning_jobs import LearningJobs
from app.store.reading.drafts import Drafts
from app.store.results import Explanations, Predictions
from app.store.retention.due import DueCases
from app.store.rows import (
    CaseEntry,
    ExplanationEntry,
    JobItemEntry,
    PredictionEntry,
    SettingEntry,
)
from app.store.sending.outbox import Outbox
from app.store.studies.blinding import Blinding
from app.store.studies.preferences import Preferences
from app.store.studies.reads import Reads
from app.store.studies.studies import Studies
from app.store.together.claimed_files import ClaimedFiles
from app.store.together.new_cases import NewCases
from app.store.watching.watched_files import WatchedFiles
from app.store.workers.holding import HOLDER
from app.store.workers.workers import Workers
from app.store.worklist.claims import Claims

log = logging.getLogger(__name__)
BUSY_TIMEOUT = 30_000  # milliseconds a writer waits for another
FORGET_TIMEOUT = 500  # milliseconds that emptying the journal waits for readers; it is tried again
CONNECT_TIMEOUT = 10  # seconds until a PostgreSQL that does not answer counts as gone
BLOB_LOCK = 0x64706E  # any number that no other use of the database takes
BLOB_COLUMNS = (
    *(CaseEntry.file_sha256, CaseEntry.thumbnail_key, JobItemEntry.upload_key),
    *(ExplanationEntry.heatmap_key, PredictionEntry.maps_key),
)
Result = TypeVar("Result")


class Transaction:
    """The tables, inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.cases = Cases(session)
        self.case_list = CaseList(session)
        self.claims = Claims(session)
        self.predictions = Predictions(session)
        self.explanations = Explanations(session)
        self.annotations = Annotations(session)
        self.jobs = Jobs(session)
        self.batches = Batches(session)
        self.batch_items = BatchItems(session)
        self.folder_listings = FolderListings(session)
        self.batch_report = BatchReport(session)
        self.proposals = Proposals(session)
        self.learning = LearningJobs(session)
        self.checks = CheckJobs(session)
        self.attaching = AttachJobs(session)
        self.accounts = Accounts(session)
        self.api_tokens = ApiTokens(session)
        self.sessions = Sessions(session)
        self.audit = Audit(session)
        self.signatures = Signatures(session)
        self.identities = Identities(session)
        self.due_cases = DueCases(session)
        self.performance = Performance(session)
        self.drafts = Drafts(session)
        self.studies = Studies(session)
        self.reads = Reads(session)
        self.blinding = Blinding(session)
        self.preferences = Preferences(session)
        self.tries = Tries(session)
        self.workers = Workers(session)
        self.outbox = Outbox(session)
        self.watched_files = WatchedFiles(session)
        self.claimed_files = ClaimedFiles(session)
        self.new_cases = NewCases(session)

    def setting(self, key: str, default: Any = None) -> Any:
        """A remembered value."""
        entry = self._session.get(SettingEntry, key)
        return default if entry is None else entry.value

    def set_setting(self, key: str, value: Any) -> None:
        """Remember a value, also where another process does so at the same time, as at a start."""
        entry = self._session.get(SettingEntry, key)
        if entry is not None:
            entry.value = value
            self._session.flush()
            return
        shared = self._session.get_bind().dialect.name == "postgresql"
        new = (postgresql if shared else sqlite).insert(SettingEntry).values(key=key, value=value)
        self._session.execute(
            new.on_conflict_do_update(
                index_elements=[SettingEntry.key], set_={"value": new.excluded.value}
            )
        )

    def lock_blobs(self) -> None:
        """Nobody else adds or removes blobs until this transaction ends.

        On SQLite the write lock already says so.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": BLOB_LOCK})

    def blob_in_use(self, key: str) -> bool:
        """Does any row name this blob?"""
        for column in BLOB_COLUMNS:
            if self._session.scalar(select(column).where(column == key).limit(1)) is not None:
                return True
        return False

    def named_blobs(self) -> set[str]:
        """Keys of all blobs that rows name."""
        keys: set[str | None] = set()
        for column in BLOB_COLUMNS:
            keys.update(self._session.scalars(select(column).distinct()))
        return {key for key in keys if key}


class SqlStore:
    """SQLite or PostgreSQL through SQLAlchemy; safe to share between threads and processes.

    Where the database cannot go on, every method raises Unavailable with the sentence to show.
    """

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writer = self.engine.execution_options(dprotonet_begin="IMMEDIATE")
        self._file = sqlite_file(url)
        self._reserve = reserve_of(url)
        self.holder: str | None = None
        """Id of the worker that holds what is claimed here, where several share the database."""

    @property
    def is_shared(self) -> bool:
        """May several workers share this database? SQLite has one, which the folder's lock says."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the database and writes nothing."""
        with readable_errors(), self._session(self.engine) as session:
            tx = Transaction(session)
            yield tx
            tx.audit.check_nothing_noted()
            session.rollback()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that is kept as a whole, or, after an exception, not at all."""
        with (
            readable_errors(),
            self._session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            tx = Transaction(session)
            yield tx
            tx.audit.append_noted()

    def _session(self, engine: Engine, *, expire_on_commit: bool = True) -> Session:
        return Session(engine, expire_on_commit=expire_on_commit, info={HOLDER: self.holder})

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        """A block of upkeep that one worker at a time goes through.

        Args:
            number: of the lock; any that no other use of the database takes.

        Yields:
            False where another is at it. On SQLite always True: there is one worker.
        """
        if not self.is_shared:
            yield True
            return
        with readable_errors(), self.engine.connect() as connection:
            took = connection.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": number})
            connection.rollback()
            try:
                yield bool(took)
            finally:
                if took:
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})

    def renew_statistics(self) -> None:
        """Renew the statistics that queries are planned with; PostgreSQL does so by itself.

        Without them SQLite walks all cases where an index would do.
        """
        if self.engine.dialect.name == "sqlite":
            with readable_errors(), self._writer.connect() as connection:
                connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
                connection.exec_driver_sql("PRAGMA optimize = 0x10002")
                connection.commit()

    def delete(self, change: Callable[[Transaction], Result]) -> Result:
        """Make a change that frees room; on a full disk with the room that was kept back.

        Args:
            change: called with a transaction; on a full disk a second time.
        """
        try:
            with self.write() as tx:
                return change(tx)
        except DiskFull:
            if self._reserve is None or not self._reserve.give_back():
                raise
        with self.write() as tx:
            return change(tx)

    def keep_reserve(self) -> None:
        """Keep some room back for deletions on a full disk."""
        if self._reserve is not None:
            self._reserve.keep()

    def forget_deleted(self) -> bool:
        """Empty SQLite's journal, in which deleted rows can still be read.

        Returns:
            False when readers or the disk prevented it; then it is to be tried again.
        """
        journal = Path(f"{self._file}-wal")
        if self._file is None or not journal.exists() or journal.stat().st_size == 0:
            return True
        try:
            # A connection of its own: a pool's would keep the short patience.
            with closing(sqlite3.connect(self._file, timeout=FORGET_TIMEOUT / 1000)) as connection:
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error as error:
            log.warning("the journal could not be emptied: %s", type(error).__name__)
            return False
        return not busy

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def reserve_of(url: str) -> Reserve | None:
    """The room that is kept back beside an SQLite database; PostgreSQL's disk is its own."""
    file = sqlite_file(url)
    return None if file is None else Reserve(file.with_name(f"{file.name}-reserve"))


def make_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """An engine with the pragmas and the BEGIN that the store relies on."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # Without a limit a host that is gone would hold every page for minutes.
        known = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_TIMEOUT}
        return create_engine(parsed, pool_pre_ping=True, connect_args=known)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT / 1000})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # The driver's own implicit BEGIN is a deferred one and comes too late: switch it off.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.execute("PRAGMA synchronous = FULL")
        # A deleted image's rows are overwritten in the file, not just unlinked.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("dprotonet_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine
