"""A real archive for tests: Debian's Orthanc with its DICOMweb plug-in, on loopback, once for all.

``tests/conftest.py`` has the fixture ``orthanc``, which is empty at the begin of each test.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from pydicom import dcmwrite
from pydicom.dataset import Dataset

from app.domain.archives.archive import Archive, Credentials

PROGRAM = "Orthanc"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "dprotonet", "correct horse"
START = 30.0  # seconds that it may take to answer


class Orthanc:
    """One that runs until it is stopped."""

    def __init__(self, program: str, folder: Path) -> None:
        """Start it, and return when it answers.

        Args:
            program: its path.
            folder: an empty one, for what is stored.
        """
        self.port = _free_port()
        self.root = f"http://127.0.0.1:{self.port}"
        self.archive = Archive(
            name="main",
            search=f"{self.root}/dicom-web",
            retrieve=f"{self.root}/dicom-web",
            store=f"{self.root}/dicom-web",
            credentials=Credentials(USER, PASSWORD),
            timeout=20.0,
        )
        settings = folder / "orthanc.json"
        settings.write_text(
            json.dumps(
                {
                    "StorageDirectory": str(folder),
                    "IndexDirectory": str(folder),
                    "HttpPort": self.port,
                    "DicomServerEnabled": False,
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": True,
                    "RegisteredUsers": {USER: PASSWORD},
                    "Plugins": [str(PLUGIN)],
                    "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
                    "HttpThreadsCount": 4,
                    "SynchronousCMove": False,
                }
            )
        )
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.auth = (USER, PASSWORD)
        self._said = (folder / "log").open("wb")
        self._process = subprocess.Popen([program, settings], stdout=self._said, stderr=self._said)
        end = time.monotonic() + START
        pause = threading.Event()
        while True:
            with contextlib.suppress(requests.ConnectionError):
                self._get("/system")
                return
            if self._process.poll() is not None or time.monotonic() > end:
                said = (folder / "log").read_text(errors="replace")
                self.stop()
                pytest.fail(f"Orthanc does not answer: {said[-2000:]}")
            pause.wait(0.05)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._http.close()
        self._said.close()

    def clear(self) -> None:
        """Delete all that it holds."""
        for patient in self._get("/patients"):
            self._http.delete(f"{self.root}/patients/{patient}", timeout=20).raise_for_status()

    def hold(self, *files: Dataset | bytes) -> None:
        """Put in files, as a modality would."""
        for file in files:
            data = file if isinstance(file, bytes) else encoded(file)
            self._http.post(f"{self.root}/instances", data=data, timeout=20).raise_for_status()

    def instances(self) -> list[bytes]:
        """All files that it holds, in no order."""
        return [
            self._http.get(f"{self.root}/instances/{one}/file", timeout=20).content
            for one in self._get("/instances")
        ]

    def named(self, name: str) -> Archive:
        """The same under another name."""
        return replace(self.archive, name=name)

    def _get(self, path: str) -> Any:
        answer = self._http.get(f"{self.root}{path}", timeout=20)
        answer.raise_for_status()
        return answer.json()


def encoded(dataset: Dataset) -> bytes:
    """A data set as a file of PS3.10."""
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def orthanc_program() -> str:
    """Where it is installed; without it a skip, and a failure with CI=true."""
    path = shutil.which(PROGRAM, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
    if path is not None and PLUGIN.is_file():
        return path
    reason = "Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
