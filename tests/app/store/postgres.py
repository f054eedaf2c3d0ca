"""A PostgreSQL cluster of our own on a socket, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.memory_disk import memory_disk


class PostgresServer:
    """Made and started by ``start``; removed by ``remove``."""

    def __init__(self, programs: Path, *, durable: bool = False, connections: int = 60) -> None:
        """Make the cluster.

        Args:
            programs: folder of initdb and pg_ctl.
            durable: what is committed survives a crash, as in earnest; else it is faster.
            connections: at the same time.
        """
        self._programs = programs
        # The thousand files of a database are copied in memory at a third of the cost of a disk.
        place = None if durable else memory_disk()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=place))
        self._user = None
        if os.name == "posix" and os.geteuid() == 0:
            self._user = "postgres"  # the server refuses to run as root
            shutil.chown(self.folder, self._user)
        self._data = str(self.folder / "data")
        self._options = (
            f"-k {self.folder} -c listen_addresses='' -c fsync={'on' if durable else 'off'} "
            f"-c max_connections={connections}"
        )
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "postgres", "--no-sync")

    @property
    def url(self) -> str:
        """Up to the database's name, which is NAME."""
        return f"postgresql+psycopg://postgres@/NAME?host={self.folder}"

    def database(self, name: str) -> str:
        """Make an empty database; returns its URL."""
        self.administer(f"CREATE DATABASE {name}")
        return self.url.replace("NAME", name)

    def administer(self, statement: str) -> None:
        """Run a statement that stands in no transaction."""
        engine = create_engine(self.url.replace("NAME", "postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def start(self) -> None:
        """Begin to answer."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", self._options, "start")

    def stop(self) -> None:
        """End at once, as by a power cut."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Remove its files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        more = ("-E", "UTF8") if program == "initdb" else ()
        subprocess.run(
            [str(self._programs / program), *words, *more],
            check=True,
            user=self._user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where they are not installed."""
    result = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if result:
        return result[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None
