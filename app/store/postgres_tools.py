"""PostgreSQL's own programs for backups: pg_dump, pg_restore and psql."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess

from sqlalchemy import URL

from app.domain.errors import Refused

log = logging.getLogger(__name__)


def address(url: URL) -> str:
    """The database as these programs take it, without the password: others can see arguments."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def run(program: str, *arguments: str, password: str | None = None) -> str | None:
    """Run one of the programs; what it prints, or None where it failed.

    Its error output is dropped, since it may quote rows of the database.

    Args:
        program: its name.
        arguments: without the password.
        password: of the database's user.

    Raises:
        Refused: the program is not installed.
    """
    executable = shutil.which(program)
    if executable is None:
        raise Refused(
            f"This needs PostgreSQL's {program}, which is not on the PATH. "
            "Install PostgreSQL's client programs."
        )
    environment = dict(os.environ) | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run(
        [executable, *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        log.error("%s ended with status %d", program, done.returncode)
        return None
    return done.stdout
