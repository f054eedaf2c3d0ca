"""Send one image, wait for its prediction and its heatmap, save the heatmap beside it.

DPROTONET_TOKEN=… python http_client.py http://localhost:8501 film.dcm
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any


class Client:
    """Asks one server by the token of DPROTONET_TOKEN."""

    def __init__(self, server: str) -> None:
        self.server = f"{server.rstrip('/')}/api/v1/"
        self.token = os.environ["DPROTONET_TOKEN"]

    def ask(self, path: str, body: bytes | None = None) -> Any:
        """POST where there is a body, GET otherwise; JSON is read, a picture is bytes."""
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.server + path, data=body, headers=headers)
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
            return json.loads(content) if "json" in answer.headers["Content-Type"] else content

    def wait(self, path: str) -> Any:
        """Ask until it no longer waits."""
        while (said := self.ask(path))["state"] in ("waiting", "running"):
            time.sleep(0.5)
        return said


def main() -> None:
    """One image."""
    client, file = Client(sys.argv[1]), Path(sys.argv[2])
    name = urllib.parse.quote(file.name)
    case = client.ask(f"cases?name={name}", file.read_bytes())["case"]
    frame = f"cases/{case}/frames/0"
    said = client.wait(f"{frame}/prediction")
    print(said["label"] or "refused", said["probabilities"], *said["reasons"], said["notice"])
    if said["label"]:
        asked = client.ask(f"{frame}/explanations", b'{"node": "class"}')
        job = asked["job"] and client.wait(f"jobs/{asked['job']['id']}")
        found = job["explanation"] if job else asked["explanation"]["id"]
        picture = client.ask(f"explanations/{found}/heatmap")
        file.with_suffix(".heatmap.png").write_bytes(picture)


if __name__ == "__main__":
    main()
