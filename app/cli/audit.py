"""The commands for the audit: ``audit verify``, ``audit head`` and ``audit anchor``."""

from __future__ import annotations

import sys

from app.cli.database import ready_workplace
from app.cli.requests import AnchorAudit, VerifyAudit
from app.domain.audit.entries import AuditReport
from app.services.audit import anchors, verifying
from app.settings import Settings


def verify(settings: Settings, request: VerifyAudit) -> int:
    """Read the whole audit; 0 where all agrees, 1 with a sentence for each thing that does not."""
    noted = anchors.read_file(request.anchors) if request.anchors else ()
    with ready_workplace(settings) as workplace:
        report = verifying.verify(workplace, anchors=noted)
    for problem in report.problems:
        print(problem)
    print(_summary(report))
    return 1 if report.count else 0


def show_head(settings: Settings) -> int:
    """Print the head as an anchor, for a letter or another program."""
    with ready_workplace(settings) as workplace:
        print(anchors.anchor_line(workplace))
    return 0


def anchor(settings: Settings, request: AnchorAudit) -> int:
    """Note the head in a file, in the system's log, or in both, and print it."""
    with ready_workplace(settings) as workplace:
        line = anchors.anchor_line(workplace)
    if request.file is not None:
        anchors.append_to_file(line, request.file)
        if request.file.absolute().is_relative_to(settings.data):
            print(
                "This file lies in the data folder: who can change the database can change it too. "
                "Keep anchors elsewhere.",
                file=sys.stderr,
            )
    if request.syslog is not None:
        anchors.send_to_syslog(line, request.syslog)
    print(line)
    return 0


def _summary(report: AuditReport) -> str:
    read = f"{report.entries:,} entries read, {report.anchors} anchors compared"
    if not report.count:
        return f"{read}: all agree. The last one: {report.head.sequence} {report.head.hash}"
    more = report.count - len(report.problems)
    rest = f", {more:,} of them not shown" if more else ""
    return f"{read}: {report.count:,} problems{rest}."
