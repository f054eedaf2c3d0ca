"""The commands for what is stored: ``check``, ``seal`` and ``retention``."""

from __future__ import annotations

from app.cli.database import ready_workplace
from app.cli.requests import Retain
from app.services.storage import checking, retention, turning_over
from app.settings import Settings

MEGABYTE = 1_000_000


def check(settings: Settings) -> int:
    """Print a sentence for each file that is not what was written; 1 where there is one."""
    count = 0
    with ready_workplace(settings) as workplace:
        for problem in checking.problems(workplace):
            print(problem)
            count += 1
    print(f"{count:,} problems." if count else "Every stored file and model is as it was written.")
    return 1 if count else 0


def turn_over(settings: Settings) -> int:
    """Bring the stored files to what DPROTONET_BLOB_KEY says."""
    with ready_workplace(settings) as workplace:
        done = turning_over.turn_over(workplace)
    for problem in done.problems:
        print(problem)
    state = "encrypted with the key of DPROTONET_BLOB_KEY" if settings.blob_key else "not encrypted"
    print(f"{done.changed:,} files turned over, {done.kept:,} were so before: {state}.")
    if done.problems:
        print(f"{len(done.problems):,} files were left as they were; keep the old key.")
        return 1
    if settings.old_blob_key:
        print("DPROTONET_OLD_BLOB_KEY is needed for backups from before alone.")
    return 0


def retain(settings: Settings, request: Retain) -> int:
    """Print what is due to go and why, or, with what that printed, let it go."""
    with ready_workplace(settings) as workplace:
        if request.apply is not None:
            gone = retention.apply(workplace, request.apply)
            print(f"{gone.deleted:,} cases deleted, {gone.left:,} left because they are in use.")
            return 0
        plan = retention.plan(workplace)
    for due in plan.due:
        print(f"{due.case_id}  {due.size / MEGABYTE:.1f} MB  {due.signatures} signed  {due.why}")
    for held in plan.held:
        print(f"{held.case_id}  stays: {held.why}")
    print(
        f"{len(plan.due):,} cases are due to go, {plan.size / MEGABYTE:.1f} MB with "
        f"{plan.signatures:,} signatures; {len(plan.held):,} that would be are held. "
        "Nothing was deleted."
    )
    if plan.due:
        print(
            "Export the annotations first if readings are to stay. Then: "
            f"python -m app retention --apply {plan.digest}"
        )
    return 0
