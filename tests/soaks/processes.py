"""Processes below one, and what they take, read from /proc: Linux only."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.benchmarks.process_memory import process_tree

CHILD = "dprotonet.images.isolated.child"
EVERY = 0.1  # seconds between two looks
MIB = 1024  # KiB


def tree(pid: int) -> list[tuple[int, str]]:
    """Every process below one, with its arguments joined by spaces; ended ones are left out."""
    found = []
    for member in process_tree(pid)[1:]:
        try:
            words = Path(f"/proc/{member}/cmdline").read_bytes()
        except OSError:
            continue
        if words:
            found.append((member, words.decode("utf-8", "replace").replace("\0", " ").strip()))
    return found


@dataclass
class ChildrenSeen:
    """The most that decoding children took, MiB and seconds, and how many there were."""

    most_at_once: int = 0
    started: set[int] = field(default_factory=set)
    address_space_mib: float = 0.0
    resident_mib: float = 0.0
    limit_mib: float = 0.0
    """The address space that they may take, as the system enforces it."""
    server_resident_mib: float = 0.0
    worker_resident_mib: float = 0.0

    def over_limits(self) -> list[str]:
        """What was more than is allowed."""
        if self.address_space_mib > self.limit_mib:
            return [f"a child took {self.address_space_mib:.0f} of {self.limit_mib:.0f} MiB"]
        return []


class Watch:
    """Looks at a program's processes while a ``with`` block runs."""

    def __init__(self, pid: int) -> None:
        self.seen = ChildrenSeen()
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        seen = self.seen
        while not self._stop.wait(EVERY):
            members = tree(self._pid)
            children = [pid for pid, words in members if CHILD in words]
            seen.most_at_once = max(seen.most_at_once, len(children))
            seen.started.update(children)
            for pid in children:
                now = _status(pid)
                seen.address_space_mib = max(seen.address_space_mib, now.get("VmPeak", 0) / MIB)
                seen.resident_mib = max(seen.resident_mib, now.get("VmHWM", 0) / MIB)
                seen.limit_mib = max(seen.limit_mib, _address_space_limit(pid))
            server = _status(self._pid).get("VmHWM", 0) / MIB
            seen.server_resident_mib = max(seen.server_resident_mib, server)
            for pid, words in members:
                if "app.runtime.worker" in words:
                    worker = _status(pid).get("VmHWM", 0) / MIB
                    seen.worker_resident_mib = max(seen.worker_resident_mib, worker)


def _status(pid: int) -> dict[str, int]:
    """KiB by name."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {
        name: int(value.split()[0])
        for name, _, value in (line.partition(":") for line in lines)
        if name.startswith("Vm")
    }


def _address_space_limit(pid: int) -> float:
    """MiB; 0 where there is none yet."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return 0.0
    for line in lines:
        if line.startswith("Max address space"):
            value = line.split()[3]
            return 0.0 if value == "unlimited" else int(value) / 1024**2
    return 0.0
