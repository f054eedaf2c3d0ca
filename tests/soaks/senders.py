"""The ways by which files come in: the Review page, and a batch of files and a ZIP file."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby
from urllib.parse import parse_qs

from app import bootstrap
from app.services import batches
from app.services.workplace import Workplace
from tests.soaks.good_files import archive
from tests.soaks.mutations import Mutant
from tests.soaks.outcomes import Outcome
from tests.soaks.page import Page, UnexpectedAnswer
from tests.soaks.program import SoakedProgram

AT_ONCE = 8  # files: as many as the page names one by one
PATIENCE = 900.0  # seconds for a batch to end
TAKEN = (200, 413)  # kept, or refused with a sentence
COMPANION = ("companion.txt", b"no image")
OUR_NAME = re.compile(r"(\d+)-([a-z]+)-|good-")


def send_to_review(program: SoakedProgram, files: Sequence[Mutant]) -> Iterator[list[Outcome]]:
    """A few of one kind at a time, by the upload field of the Review page.

    Of one kind, since an installation for patients shows pseudonyms: what is said of them is then
    known to be of this kind.
    """
    with Page(program.port, program.cookie) as page:
        by_kind = sorted(files, key=lambda file: file.kind)
        for _, group in groupby(by_kind, key=lambda file: file.kind):
            same = list(group)
            for start in range(0, len(same), AT_ONCE - 1):
                yield _some(page, same[start : start + AT_ONCE - 1])


def _some(page: Page, files: Sequence[Mutant]) -> list[Outcome]:
    ids, waiting, said = [], [], []
    for file in files:
        status, answer = _send(page, file.name, file.data)
        if status == 200:
            ids.append(str(answer["id"]))
            waiting.append(file)
        else:
            text = str(answer["error"])
            said.append(Outcome(file.number, file.kind, "review", "error", text))
    # A case that comes alone would be opened at once, and no result shown.
    ids.append(str(_send(page, *COMPANION)[1]["id"]))
    drawn = page.report(ids)
    taken = drawn.taken_in
    if len(taken) != len(ids):
        numbers = [file.number for file in files]
        raise UnexpectedAnswer(f"{numbers}: {len(taken)} results; {drawn.alerts}")
    for one in taken:
        if one.outcome == "skipped" and "text" in one.message:
            taken.remove(one)  # the companion
            break
    if page.held:
        page.drop(page.held)
    return said + [
        Outcome(file.number, file.kind, "review", one.outcome, one.message)
        for file, one in zip(waiting, taken, strict=True)
    ]


def send_batch(program: SoakedProgram, files: Sequence[Mutant]) -> Iterator[list[Outcome]]:
    """Half of them as files, half in a ZIP file, by the Batch page; waits for the worker."""
    half = len(files) // 2
    loose = [(file.name, file.data) for file in files[:half]]
    packed = archive({file.name: file.data for file in files[half:]})
    with Page(program.port, program.cookie, path="batch") as page:
        answers = [_send(page, name, data) for name, data in (*loose, ("packed.zip", packed))]
        ids = [str(answer["id"]) for status, answer in answers if status == 200]
        page.report(ids)
        drawn = page.press("Start", ids)
        job = parse_qs(page.query).get("batch")
    if not job:
        raise UnexpectedAnswer(f"no batch was begun: {drawn.alerts}")
    with closing(workplace_of(program)) as workplace:
        yield list(_ended(workplace, job[0]))


def _ended(workplace: Workplace, job_id: str) -> Iterator[Outcome]:
    end = time.monotonic() + PATIENCE
    while batches.progress(workplace, job_id).job.is_active:
        if time.monotonic() > end:
            raise UnexpectedAnswer(f"batch {job_id} does not end")
        time.sleep(0.3)
    for row in batches.rows(workplace, job_id, size=5000).rows:
        ours = OUR_NAME.match(row.name)
        kind = "not known" if ours is None else ours[2] or "good"
        number = int(ours[1]) if ours and ours[1] else -1
        yield Outcome(number, kind, "batch", row.state, row.message)


def workplace_of(program: SoakedProgram) -> Workplace:
    """The program's own folder, for what no page says."""
    return bootstrap.open_workplace(program.settings)


def _send(page: Page, name: str, data: bytes) -> tuple[int, dict[str, object]]:
    status, answer = page.send(name, data)
    if status not in TAKEN:
        raise UnexpectedAnswer(f"{name} was answered with {status}: {answer}")
    return status, answer
