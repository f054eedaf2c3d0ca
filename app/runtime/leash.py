"""Runs one command and ends it when its parent is gone: ``python -m app.runtime.leash COMMAND``.

The parent holds the other end of standard input and never writes to it. So a long command of
another program, which knows nothing of that, never outlives the worker that began it, however the
worker dies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

PATIENCE = 10.0  # seconds for the command to leave before it is killed
NICE = 10  # steps behind the work that a page waits for
CUT = 3  # exit status of a command that was ended here


def main(arguments: list[str] | None = None) -> int:
    """Run the command to its end, or to that of the parent; the status is the command's."""
    command = sys.argv[1:] if arguments is None else arguments
    if os.name == "posix":
        os.nice(NICE)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=os.name == "posix"
    )
    cut = threading.Event()
    threading.Thread(target=_watch_parent, args=(process, cut), daemon=True).start()
    status = process.wait()
    return CUT if cut.is_set() else status if status >= 0 else 128 - status


def _watch_parent(process: subprocess.Popen[bytes], cut: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    cut.set()
    _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command with all that it started."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
