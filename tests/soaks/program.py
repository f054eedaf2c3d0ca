"""The whole program with sign-in on, on a folder of its own: started, killed, started again."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from app.settings import Settings
from tests.browser.running import Program
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.soaks.page import sign_in_by_link
from tests.soaks.processes import tree

READER = "ann"
PASSWORD = secrets.token_urlsafe(16)
LINK = re.compile(r"http://\S+")


class SoakedProgram(Program):
    """The program with local accounts, one reader, and a tiny model that it trusts alone."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None) -> None:
        """Set up the folder; nothing runs yet.

        Args:
            folder: an empty one; the program gets ``data``, ``models`` and ``temporary`` in it.
            environment: more of the program's settings.
        """
        self.folder = folder
        self.temporary = folder / "temporary"
        for path in (folder / "data", self.temporary):
            path.mkdir(parents=True, exist_ok=True)
        bundle = folder / "models" / "tiny"
        trusted = folder / "trusted-models"
        if not trusted.exists():
            made = make_tiny_bundle(bundle)
            trusted.write_text(f"sha256 {made.digest} the soak's own\n", encoding="utf-8")
        super().__init__(
            folder / "data",
            environment={
                "DPROTONET_SIGN_IN": "accounts",
                "DPROTONET_MODELS": str(bundle),
                "DPROTONET_TRUSTED_MODELS": str(trusted),
                "TMPDIR": str(self.temporary),
                **(environment or {}),
            },
        )
        self.cookie = ""
        """Of the reader, after :meth:`sign_in`."""

    @property
    def environment(self) -> dict[str, str]:
        """What the program is started with."""
        return self._environment

    @property
    def settings(self) -> Settings:
        """The program's own."""
        return Settings.from_environment(self._environment)

    @property
    def log(self) -> Path:
        """What the program has said."""
        return self.data / "server.log"

    @property
    def pid(self) -> int | None:
        """Of the server, while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def worker(self) -> int | None:
        """Process id of the worker, while there is one."""
        for pid, words in tree(self.pid or 0):
            if "app.runtime.worker" in words:
                return pid
        return None

    def add_reader(self) -> None:
        """The reader gets an account, and a password by the link; the server runs."""
        try:
            printed = self.run("users", "add", READER, "--role", "lead")
        except subprocess.CalledProcessError:  # the account is there: a soak that goes on
            printed = self.run("users", "reset", READER)
        found = LINK.search(printed)
        if found is None:
            raise SystemExit(f"no link was printed: {printed}")
        self.cookie = sign_in_by_link(self.port, found[0], PASSWORD)

    def kill(self) -> None:
        """The server ends at once, as by a power cut; its worker and children follow it."""
        process, self._process = self._process, None
        if process is None:
            return
        below = [pid for pid, _ in tree(process.pid)]
        for pid in [process.pid, *below]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


@contextmanager
def signed_in_program(
    folder: Path, *, environment: Mapping[str, str] | None = None
) -> Iterator[SoakedProgram]:
    """A program that runs, with its reader signed in."""
    program = SoakedProgram(folder, environment=environment)
    program.start()
    try:
        program.add_reader()
        yield program
    finally:
        program.stop()
