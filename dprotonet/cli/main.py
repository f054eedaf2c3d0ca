"""The entry of the command line: exit statuses, interrupts and broken pipes."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

from dprotonet.allocator import keep_freed_memory
from dprotonet.cli.arguments import (
    AnyRequest,
    ExplainRequest,
    HelpRequest,
    PredictRequest,
    parse,
)
from dprotonet.cli.travel_arguments import ExportRequest, ImportRequest
from dprotonet.errors import ReadableError

WRONG_USAGE = 2
INTERRUPTED = 130
READER_WENT_AWAY = 141
"""128 + SIGPIPE, the status of other programs in a shell's pipe."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; standard output carries records alone."""
    stdout = sys.stdout
    _use_utf8(stdout)
    _log_to_stderr()
    try:
        request = parse(sys.argv[1:] if argv is None else argv)
        if isinstance(request, HelpRequest):
            stdout.write(request.text)
            stdout.flush()
            return 0
        # A library that prints must not spoil the records.
        with contextlib.redirect_stdout(sys.stderr):
            return _run(request, stdout)
    except ReadableError as error:
        # Images that cannot be read have become records: here the request itself is wrong.
        print(" ".join(str(error).split()), file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _abandon(stdout)
        return READER_WENT_AWAY


def _run(request: AnyRequest, stdout: TextIO) -> int:
    keep_freed_memory()
    if isinstance(request, (PredictRequest, ExplainRequest)) and request.file is not None:
        from dprotonet.cli.recorded.run import record_files

        return record_files(request, request.file)
    if isinstance(request, PredictRequest):
        from dprotonet.cli.predict import predict

        return predict(request, stdout)
    if isinstance(request, ExportRequest):
        from dprotonet.cli.export import export

        return export(request, stdout)
    if isinstance(request, ImportRequest):
        from dprotonet.cli.import_classifier import import_file

        return import_file(request, stdout)
    from dprotonet.cli.explain import explain

    return explain(request, stdout)


def _use_utf8(stream: TextIO) -> None:
    """UTF-8 and bare line feeds on every system; bytes of odd file names go out as they came."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")


def _log_to_stderr() -> None:
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("dprotonet").setLevel(logging.INFO)
    # What is wrong with an image stands in its record; the readers' remarks on the side do not.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")


def _abandon(stream: TextIO) -> None:
    """Discard what is left in the buffer, about which Python would complain at its exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
