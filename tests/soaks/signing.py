"""A process that signs without a pause, and what it was told to be kept."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from app import bootstrap
from app.domain.actors import Actor
from app.domain.annotations import AnnotationFilters
from app.services import annotations, review
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.errors import ReadableError
from tests.paths import ROOT
from tests.soaks.program import SoakedProgram

READY = "ready"
REST = 0.05  # seconds after a refusal


class Signatures:
    """What was acknowledged, by all processes that signed."""

    def __init__(self, label: str = "signature") -> None:
        """Nothing is signed yet.

        Args:
            label: how the texts of these signatures begin, and of no others in the same folder.
        """
        self.label = label
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        """Sentences of signatures that were refused."""
        self._processes = 0

    @contextmanager
    def made_beside(self, program: SoakedProgram) -> Iterator[subprocess.Popen[str]]:
        """A process that signs in the program's folder until it is killed."""
        self._processes += 1
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.soaks.signing", f"{self.label} {self._processes}"],
            cwd=ROOT,
            env=program.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        listener = threading.Thread(target=self._listen, args=(process,), daemon=True)
        try:
            if process.stdout is None or process.stdout.readline().strip() != READY:
                raise SystemExit("the process that signs did not begin")
            listener.start()
            yield process
        finally:
            process.kill()
            process.wait()
            listener.join()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            word, _, text = line.rstrip("\n").partition(" ")
            if not line.endswith("\n"):
                return  # killed while it said so
            (self.acknowledged if word == "signed" else self.refused).append(text)

    def lost(self, workplace: Workplace) -> list[str]:
        """Acknowledged signatures that are gone, or there twice."""
        kept: list[str] = []
        page = 0
        every = AnnotationFilters(all_revisions=True)
        while rows := annotations.search(workplace, every, page=page, size=500).rows:
            kept += [row.annotation.text for row in rows]
            page += 1
        faults = []
        if gone := set(self.acknowledged) - set(kept):
            faults.append(f"{len(gone)} acknowledged signatures are lost")
        if len(kept) != len(set(kept)):
            faults.append("a signature is there twice")
        return faults


def sign_once(workplace: Workplace, case_id: str, text: str) -> None:
    """One signature on top of the newest.

    Raises:
        ReadableError: it was not kept; the sentence says why.
    """
    with workplace.store.read() as tx:
        revisions = tx.annotations.revisions(case_id, frame=0)
    review.sign(
        workplace,
        case_id,
        verdict="supplement",
        confidence=3,
        expected_revision=revisions[-1].revision if revisions else 0,
        corrected_label="finding",
        text=text,
    )


def main() -> None:
    """Sign without a pause, and say on a line of its own what was kept."""
    reader = Actor("Reader One", "reader", frozenset({"lead"}))
    with closing(bootstrap.open_workplace(Settings.from_environment(), actor=reader)) as workplace:
        cases = [row.case_id for row in review.list_cases(workplace, size=3).rows]
        print(READY, flush=True)
        for number in itertools.count():
            text = f"{sys.argv[1]}-{number}"
            try:
                sign_once(workplace, cases[number % len(cases)], text)
            except ReadableError as error:
                print("refused", error, flush=True)
                time.sleep(REST)
            else:
                print("signed", text, flush=True)


if __name__ == "__main__":
    main()
