"""How much memory uploads cost the server.

    python -m tests.benchmarks.uploads [--files 6] [--mebibytes 240]

Starts the whole program on a folder of its own, opens one browser session for each file, sends all
files at the same time as the upload field would, and has the pages take them in. The bytes are
noise, so nothing is decoded: only the transfer is measured. Ends with 1 when the server process
grew by more than 100 MB at its largest. Linux only.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from app.settings import MEBIBYTE, Settings
from tests.benchmarks.app_memory import running_program
from tests.benchmarks.process_memory import resident
from tests.entering import BEARER

MOST_GROWTH = 100.0  # MB
PATIENCE = 300.0  # seconds for a page to take its file in
FIELD = re.compile(r'"token": ?"([\w-]+)"')


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.uploads", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--files", type=int, default=6)
    parser.add_argument("--mebibytes", type=int, default=240, help="of each file")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_program(Path(folder) / "data", {}) as (pid, settings),
    ):
        figures = measure(pid, settings, options.files, options.mebibytes)
    print(json.dumps(figures, indent=2))
    return 0 if figures["growth_mb"] <= MOST_GROWTH else 1


def measure(pid: int, settings: Settings, files: int, mebibytes: int) -> dict[str, float]:
    """Send the files at the same time, each from a session of its own."""
    with ThreadPoolExecutor(files) as senders:
        _send_all(senders, settings, files, 1)  # pages, threads and connections are there
        before = resident(pid)["VmRSS"]
        started = time.monotonic()
        _send_all(senders, settings, files, mebibytes)
    after = resident(pid)
    return {
        "files": files,
        "mebibytes_each": mebibytes,
        "seconds": round(time.monotonic() - started, 1),
        "before_mb": before,
        "largest_mb": after["VmHWM"],
        "after_mb": after["VmRSS"],
        "growth_mb": round(after["VmHWM"] - before, 1),
        "left_in_spool": len(list(settings.spool.iterdir())),
    }


def _send_all(senders: ThreadPoolExecutor, settings: Settings, files: int, mebibytes: int) -> None:
    list(senders.map(lambda _: _send(settings, mebibytes), range(files)))


def _send(settings: Settings, mebibytes: int) -> None:
    """One reader: opens the page, sends a file, and reports it to the page."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import ClientConnection, connect
    from websockets.typing import Origin, Subprotocol

    def run_page(socket: ClientConnection, message: BackMsg) -> Iterator[ForwardMsg]:
        socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(socket.recv(timeout=PATIENCE, decode=False))
            yield answer
            # A page that reruns by itself ends with another value.
            if answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY and answer.HasField(
                "script_finished"
            ):
                return

    origin = f"http://localhost:{settings.port}"
    with connect(
        f"ws://localhost:{settings.port}/_stcore/stream",
        origin=Origin(origin),
        additional_headers=BEARER,
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        proxy=None,
    ) as socket:
        opening = BackMsg()
        opening.rerun_script.query_string = ""
        field, token = "", ""
        for answer in run_page(socket, opening):
            component = answer.delta.new_element.bidi_component
            if match := FIELD.search(component.mixed.json or component.json):
                field, token = component.id, match[1]
        key = _post(settings.port, origin, token, mebibytes)
        report = BackMsg()
        widget = report.rerun_script.widget_states.widgets.add()
        widget.id, widget.json_value = field, json.dumps({"sent": {"ids": [key], "failed": 0}})
        for _ in run_page(socket, report):
            pass


def _post(port: int, origin: str, token: str, mebibytes: int) -> str:
    piece = bytes(range(256)) * (MEBIBYTE // 256)
    connection = HTTPConnection("localhost", port, timeout=PATIENCE)
    connection.request(
        "POST",
        "/api/uploads",
        body=(piece for _ in range(mebibytes)),
        headers={
            **BEARER,
            "Origin": origin,
            "X-Upload-Token": token,
            "X-Upload-Name": "noise.bin",
            "Content-Length": str(mebibytes * MEBIBYTE),
        },
    )
    answer = json.loads(connection.getresponse().read())
    if "id" not in answer:
        raise SystemExit(answer["error"])
    return str(answer["id"])


if __name__ == "__main__":
    sys.exit(main())
