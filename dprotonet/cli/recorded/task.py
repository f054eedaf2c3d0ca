"""What a worker of a scheduler does with one file: the model stays loaded between files.

A file is decoded in a child of the worker, with limits on memory and time: one that crashes its
decoder is a record, and the worker lives on.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.inputs import InputFile
from dprotonet.cli.recorded.recorders import RecordedRequest, Recorder, recorder_of, run_digest
from dprotonet.errors import ReadableError


@dataclass(frozen=True)
class Outcome:
    """A file's records, or why no file of this run can be done here."""

    records: list[dict[str, Any]]
    refusal: str = ""


_lock = threading.Lock()
_loaded: tuple[str, Recorder] | None = None


def run_file(
    request: RecordedRequest, run: str, source: InputFile, place: PurePath | None
) -> Outcome:
    """Make the records of one file.

    Args:
        request: of the command, with absolute paths.
        run: digest of what the command makes its records with.
        source: the file.
        place: of its explanations' files.
    """
    try:
        recorder = _recorder(request, run)
    except ReadableError as error:
        return Outcome([], str(error))
    if not source.path.exists():
        return Outcome([], f"there is no {source.path} here. Workers open files by the same path.")
    return Outcome(recorder.records(source, place))


def _recorder(request: RecordedRequest, run: str) -> Recorder:
    """The model of a run; the one of the run before goes, so that a worker holds one."""
    global _loaded
    with _lock:
        if _loaded is None or _loaded[0] != run:
            _loaded = None
            bundle = Bundle.load(request.model, with_model=False)
            if run_digest(request, bundle) != run:
                raise ReadableError(f"another model, or another version of it, is {request.model}.")
            _loaded = run, recorder_of(request, bundle)
        return _loaded[1]
