"""Logging of the application's processes: to standard error, without contents or names of files.

As lines of text, or as one JSON object a line for a program that collects them.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from app.settings import LogFormat

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging(level: int = logging.INFO, form: LogFormat = "text") -> None:
    """Send our own records and others' warnings to standard error."""
    logging.basicConfig(level=logging.WARNING, format=TEXT)
    if form == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
    for name in ("app", "dprotonet"):
        logging.getLogger(name).setLevel(level)
    # The first two write values of a file's header, which may be a patient's name; the others name
    # addresses with what was searched for, and repeat what an archive says.
    for name in ("pydicom", "pynetdicom", "dicomweb_client", "retrying", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class JsonLines(logging.Formatter):
    """One JSON object a record: ``time`` (UTC), ``level``, ``logger``, ``message``, and where there
    is one ``request``, and ``error``: the kind of an exception and where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if own := getattr(record, "request", ""):
            entry["request"] = own
        if record.exc_info and record.exc_info[0] is not None:
            entry["error"] = _where(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _where(found: tuple[type[BaseException] | None, BaseException | None, object]) -> str:
    """The kind and the place, without the exception's text: it may hold the name of a file."""
    kind, error, _ = found
    trace = error.__traceback__ if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = kind.__name__ if kind is not None else ""
    if trace is None:
        return name
    return f"{name} in {trace.tb_frame.f_globals.get('__name__', '?')}, line {trace.tb_lineno}"
