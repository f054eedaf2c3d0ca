"""The commands for backups of all that is stored: ``backup --to`` and ``verify-backup``."""

from __future__ import annotations

from pathlib import Path

from app.cli.database import ready_workplace
from app.cli.requests import Backup, VerifyBackup
from app.services.storage import backing_up
from app.settings import Settings
from app.store.backups import checking, manifest
from app.store.backups.manifest import Manifest
from app.store.errors import readable_errors


def back_up(settings: Settings, request: Backup) -> int:
    """Write a backup, verified, and say what is in it and what is not."""
    with ready_workplace(settings) as workplace:
        made = backing_up.back_up(workplace, request.to or Path())
    print(made.folder)
    print(_summary(made.manifest))
    print(f"Not in it: {'; '.join(made.manifest.not_in_it)}. Keep copies of the keys elsewhere.")
    for problem in made.problems:
        print(f"Wrong before the backup, and in it as it is: {problem}")
    return 1 if made.problems else 0


def verify(request: VerifyBackup) -> int:
    """Compare a backup with its manifest and name what was changed; 1 where something was."""
    told = manifest.read(request.backup)
    count = 0
    with readable_errors():
        for problem in checking.problems(request.backup, told):
            print(problem)
            count += 1
        if not count:  # else what the database says is worth nothing
            for problem in checking.audit_problems(request.backup, told):
                print(problem)
                count += 1
    print(f"{count:,} problems." if count else f"As it was written: {_summary(told)}")
    return 1 if count else 0


def _summary(told: Manifest) -> str:
    size = sum(facts.size for facts in told.files.values())
    return (
        f"{len(told.files):,} files, {size / 1_000_000:.1f} MB; the audit ends at entry "
        f"{told.audit.sequence} {told.audit.hash}"
    )
