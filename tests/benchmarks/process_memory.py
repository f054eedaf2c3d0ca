"""Memory of processes, read from /proc: Linux only. 1 MB is 2^20 bytes."""

from __future__ import annotations

from pathlib import Path


def resident(pid: int) -> dict[str, float]:
    """Resident memory of one process in MB: now (``VmRSS``), and the largest so far (``VmHWM``)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    return {name: round(int(value.split()[0]) / 1024, 1) for name, value in pairs}


def tree_memory(pid: int) -> float:
    """Resident memory of a process and all below it, MB; shared pages count in part (PSS).

    A process that has ended counts as 0.
    """
    total = 0
    for member in process_tree(pid):
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def process_tree(pid: int) -> list[int]:
    """A process and all below it."""
    members = [pid]
    for parent in members:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                members += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return members
