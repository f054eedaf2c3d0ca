"""A run whose records go into a file: what is there already is not computed again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import ExplainRequest
from dprotonet.cli.inputs import InputFile, check_paths, input_files
from dprotonet.cli.output_paths import OutputPaths, is_explanation
from dprotonet.cli.recorded.recorders import (
    RecordedRequest,
    absolute,
    recorder_of,
    run_digest,
    table_of,
)
from dprotonet.cli.recorded.results_file import PARTIAL, ResultsFile
from dprotonet.cli.tally import Tally
from dprotonet.images.isolated.reader import IsolatedReader

log = logging.getLogger(__name__)
Task = tuple[InputFile, PurePath | None]
"""A file, and the place of its explanations' files."""


def record_files(request: RecordedRequest, file: Path) -> int:
    """Write the records of every file that has none in ``file``, and return the exit status.

    Paths in the records are absolute, so that the same command goes on from any folder.

    Raises:
        WrongRequest, UnusableBundle: before any image is read.
        ReadableError: the scheduler went away, or the disk is full; what was made is kept.
    """
    check_paths(request.paths)
    request = absolute(request)
    bundle = Bundle.load(request.model, with_model=False)
    run = run_digest(request, bundle)
    notes = {"model": bundle.name, "model_sha256": bundle.digest}
    with ExitStack() as stack:
        results = stack.enter_context(
            ResultsFile(file, run=run, table=table_of(request, bundle), notes=notes)
        )
        if len(results):
            log.info("%d files are in %s already", len(results), file)
        reader = stack.enter_context(IsolatedReader())
        tasks, tally = _tasks(request, results, reader), Tally()
        # Where nothing is left to do no model is loaded.
        for first in tasks:
            for records in _made(request, bundle, run, chain([first], tasks), stack):
                results.add(records)
                tally.count_records(records)
        results.finish()
        return tally.close() or int(results.has_errors)


def _made(
    request: RecordedRequest, bundle: Bundle, run: str, tasks: Iterable[Task], stack: ExitStack
) -> Iterator[list[dict[str, Any]]]:
    if request.scheduler is None:
        recorder = recorder_of(request, bundle)
        return (recorder.records(source, place) for source, place in tasks)
    from dprotonet.cli.recorded.dispatch import Dispatch, connected

    client = stack.enter_context(connected(request.scheduler))
    return Dispatch(client, request, run).made(tasks)


def _tasks(
    request: RecordedRequest, results: ResultsFile, reader: IsolatedReader
) -> Iterator[Task]:
    """The files that are still to be done, each with its place, whatever was done before."""
    own = {results.path.absolute(), results.path.absolute().with_name(results.path.name + PARTIAL)}
    is_explaining = isinstance(request, ExplainRequest)
    output_paths = OutputPaths(request.out) if isinstance(request, ExplainRequest) else None

    def leave_out(path: Path) -> bool:
        return path.absolute() in own or (is_explaining and is_explanation(path))

    for found in input_files(request.paths, reader.directory, leave_out=leave_out):
        source = replace(found, path=found.path.absolute())
        place = output_paths.place(source) if output_paths else None
        if not results.has(source.path):
            yield source, place
