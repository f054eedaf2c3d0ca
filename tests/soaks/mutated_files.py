"""Thousands of damaged, lying and hostile files through the doors that readers use, signed in.

    python -m tests.soaks.mutated_files [--files 20000] [--seed 1] [--folder DIR] [--json FILE]

Starts the whole program with local accounts, signs in by HTTP, and sends files as the upload
fields do: most to the Review page, some as batches, some in ZIP files. Half of them go to an
installation that holds patients' images, whose files are de-identified on their way in. Each file
has to end as a case or with a sentence; afterwards nothing may be left over, the audit has to
verify, and no name may be in the log. With ``--folder`` a run that was cut off goes on. Ends with 1
when anything was amiss. Linux only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.soaks.afterwards import remains
from tests.soaks.mutations import Mutant, mutant
from tests.soaks.outcomes import Ledger, Outcome, tables
from tests.soaks.processes import Watch
from tests.soaks.program import SoakedProgram, signed_in_program
from tests.soaks.senders import send_batch, send_to_review

PARTS = ("site", "patients")
BLOCK = 200  # files that one session sends before it signs off
OF_BATCH = 40  # of them, as a batch
SESSIONS = 2
Way = Callable[[SoakedProgram, Sequence[Mutant]], Iterator[list[Outcome]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soaks.mutated_files", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="at the same time")
    parser.add_argument("--folder", type=Path, help="kept, so that a cut-off run goes on")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as own:
        folder = options.folder or Path(own)
        middle = options.files // 2
        halves = [range(middle), range(middle, options.files)]
        figures = {
            part: soak(folder / part, part, numbers, options.seed, options.sessions)
            for part, numbers in zip(PARTS, halves, strict=True)
        }
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if any(part["faults"] for part in figures.values()) else 0


def soak(
    folder: Path, part: str, numbers: Sequence[int], seed: int, sessions: int = SESSIONS
) -> dict[str, object]:
    """One installation takes in the files of these numbers.

    Returns:
        The figures; ``faults`` names what may not be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(folder / "outcomes.jsonl")
    blocks = [numbers[start : start + BLOCK] for start in range(0, len(numbers), BLOCK)]
    done = ledger.blocks
    left = [block for block in blocks if block[0] not in done]
    environment = {}
    if part == "patients":
        environment = {"DPROTONET_PATIENTS": "yes", "DPROTONET_PSEUDONYM_KEY": "5e" * 32}
    started = time.monotonic()
    faults: list[str] = []
    with (
        signed_in_program(folder, environment=environment) as program,
        Watch(program.pid or 0) as watch,
        ThreadPoolExecutor(sessions) as threads,
    ):
        tasks = [threads.submit(_send, program, block, seed, ledger) for block in left]
        for number, task in enumerate(tasks, start=1):
            faults += task.result()
            print(f"{part}: {number} of {len(left)} blocks", file=sys.stderr, flush=True)
        seconds = time.monotonic() - started
        outcomes = ledger.all()
        faults += [f"{one.number} ({one.kind}): {one.fault}" for one in outcomes if one.fault]
        found, more = remains(program)
        faults += more
    sent = sum(len(block) for block in left)
    return {
        "seconds": round(seconds, 1),
        "files_per_second": round(sent / seconds, 1),
        **tables(outcomes),
        "children": {
            name: round(value, 1) if isinstance(value, float) else value
            for name, value in vars(watch.seen).items()
            if not isinstance(value, set)
        }
        | {"started": len(watch.seen.started)},
        "afterwards": found,
        "faults": faults + watch.seen.over_limits(),
    }


def _send(program: SoakedProgram, block: Sequence[int], seed: int, ledger: Ledger) -> list[str]:
    files = [mutant(seed, number) for number in block]
    in_batch = max(len(files) * OF_BATCH // BLOCK, 2)
    outcomes: list[Outcome] = []
    faults: list[str] = []
    ways: tuple[tuple[Way, list[Mutant]], ...] = (
        (send_batch, files[:in_batch]),
        (send_to_review, files[in_batch:]),
    )
    for way, some in ways:
        try:
            for said in way(program, some):
                outcomes += said
        except Exception as error:
            # The soak goes on: one defect shall not hide the next.
            faults.append(f"from {block[0]} on, {way.__name__}: {type(error).__name__}: {error}")
    ledger.add(block[0], outcomes)
    return faults


if __name__ == "__main__":
    sys.exit(main())
