"""What lies in a program's folders after a soak, compared with what may lie there."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from app import bootstrap
from app.services.audit import verifying
from app.store.files.blobs import STAGING
from tests.app.services.deidentify.planted import found_in
from tests.soaks.processes import tree
from tests.soaks.program import SoakedProgram

BROKEN = re.compile(r"Traceback|Uncaught|Exception in ASGI|\bERROR\b|CRITICAL")
OUR_FILES = re.compile(r"\d+-(?:bits|cut|grown|length|piece|spliced|head|syntax|numbers|nested)-")
MOST_CHILDREN = 12  # of server and worker: two for each of viewing, intake and archives


def remains(program: SoakedProgram) -> tuple[dict[str, object], list[str]]:
    """Counts of what there is, and what may not be."""
    log = program.log.read_text(encoding="utf-8", errors="replace")
    found, faults = stored(program)
    found["temporary_files"] = _files(program.temporary)
    found["in_spool"] = _files(program.data / "spool")
    found["staged"] = _files(program.data / "blobs" / STAGING)
    found["log_lines"] = log.count("\n")
    found["server_lives"] = program.pid is not None
    found["worker_starts"] = 1 + log.count("the worker ended")
    faults += [f"the log: {line[:200]}" for line in log.splitlines() if BROKEN.search(line)]
    faults += [f"a file's name is in the log: {name}" for name in set(OUR_FILES.findall(log))]
    faults += [f"a patient's {what} is in the log" for what in found_in(log.encode())]
    for name in ("temporary_files", "in_spool", "staged"):
        if found[name]:
            faults.append(f"{found[name]} left: {name}")
    if not found["server_lives"]:
        faults.append("the server has ended")
    if len(tree(program.pid or 0)) > MOST_CHILDREN + 1:
        faults.append("processes are left")
    return found, faults


def stored(program: SoakedProgram) -> tuple[dict[str, object], list[str]]:
    """Rows beside files, and the audit."""
    with closing(bootstrap.open_workplace(program.settings)) as workplace:
        with workplace.store.read() as tx:
            named = tx.named_blobs()
            cases = len(list(tx.cases.ids()))
        kept = set(workplace.blobs.all_keys())
        orphans = {orphan.key for orphan in workplace.blobs.orphans.all()}
        audit = verifying.verify(workplace)
    faults = [f"the audit: {problem}" for problem in audit.problems]
    if named - kept:
        faults.append(f"{len(named - kept)} rows without their file")
    if kept - named - orphans:
        faults.append(f"{len(kept - named - orphans)} files without a row")
    return {
        "cases": cases,
        "files_kept": len(kept),
        "orphans": len(orphans),
        "audit_entries": audit.entries,
    }, faults


def _files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*")) if folder.exists() else 0
