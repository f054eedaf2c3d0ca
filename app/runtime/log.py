"""Logging of the application's processes: to standard error, without contents or names of files."""

from __future__ import annotations

import logging


def configure_logging(level: int = logging.INFO) -> None:
    """Send our own records and others' warnings to standard error."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in ("app", "dprotonet"):
        logging.getLogger(name).setLevel(level)
    # pydicom warns with values of a file's header, which may be a patient's name.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
