"""A person is named wherever a file can name one; after intake nothing of it is anywhere."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.jobs import Job
from app.domain.studies.judgement import Judgement
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.services import annotations, batch_export, batches, jobs, review, training_program
from app.services.checks import check_run, checking
from app.services.deidentify.key import PseudonymKey
from app.services.inference import queue
from app.services.interventions import answers, asking
from app.services.report import case_report
from app.services.room import opening, signing
from app.services.room import queue as room_queue
from app.services.storage import backing_up
from app.services.studies import exporting, managing, outcomes, reading
from app.services.uploading import receiving, several
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.backup import backup
from tests.app.services.deidentify.planted import (
    FILE_NAME,
    FOLDER,
    MORE_WORDS,
    TEXT_WORDS,
    found_in,
    found_in_files,
    planted_archive,
    planted_dicom,
    planted_pictures,
    secrets,
)
from tests.app.services.report.reading import text_of
from tests.app.services.workplaces import CLASSES, START, FakePool, active_model, make_workplace
from tests.paths import ROOT

KEY = PseudonymKey(bytes(range(32)))


@pytest.fixture
def workplace(
    tmp_path: Path, assets: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workplace]:
    """For patients, with a server folder, its database in the data folder, and its own place for
    temporary files."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "images").mkdir()
    settings = Settings(tmp_path / "data", assets=assets, folders=(tmp_path / "images",))
    opened = make_workplace(settings, database=empty_sqlite, pseudonyms=KEY)
    queue.begin(opened)
    yield opened
    opened.close()


def test_nothing_of_the_person_is_anywhere(
    workplace: Workplace, pool: FakePool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, "app"):
        outcome = take_in_by_every_way(workplace, pool)
    assert len(outcome.cases) == 9
    assert found_everywhere(workplace, outcome, caplog.text) == {}


def test_the_search_finds_what_is_kept_as_it_came(
    workplace: Workplace, pool: FakePool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, "app"):
        outcome = take_in_by_every_way(replace(workplace, pseudonyms=None), pool)
    found = found_everywhere(workplace, outcome, caplog.text)
    assert {"family", "file"} <= found["exports"]
    in_rows = set().union(*(hits for place, hits in found.items() if "sqlite3" in place))
    assert {"family", "file", "folder", "study"} <= in_rows
    in_files = set().union(*(hits for place, hits in found.items() if place != "exports"))
    # All but what the archive says of itself and what only a sentence could quote.
    spelled_otherwise = {"birth, dashed", "birth, dotted", "visit, dashed", "archive"}
    assert set(secrets()) - in_files == spelled_otherwise
    assert len(TEXT_WORDS) >= 20 and any("backup" in place for place in found)


def test_a_check_on_the_sites_own_images_names_nobody(
    workplace: Workplace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # the program that checks finds the packages
    folder = workplace.settings.folders[0] / FOLDER
    for number in range(8):
        file = folder / ("finding" if number % 2 else "none") / f"{FILE_NAME}-{number}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(planted_dicom(number))
    (folder / "none" / f"{FILE_NAME}.dcm").write_bytes(planted_dicom(9)[:900])
    model = active_model(workplace).digest

    done = check(workplace, model, folder)
    assert (done.state, done.message) == ("done", "")
    results = checking.results(workplace, done.job_id)
    assert (results["data"]["images"], len(results["data"]["unreadable"])) == (8, 1)

    assert found_in_files([workplace.settings.data, Path(tempfile.gettempdir())]) == {}
    assert found_in(caplog.text.encode()) == set()
    checking.start(replace(workplace, pseudonyms=None), model, folder)
    kept = found_in_files([workplace.settings.data])
    assert "folder" in set().union(*kept.values())


def test_what_stops_a_check_is_not_quoted_where_it_may_name_a_person(
    workplace: Workplace, tmp_path: Path
) -> None:
    said = tmp_path / "log.txt"
    said.write_text(f"The folder has the class '{FOLDER}', which the model does not know.\n")
    assert training_program.reason(workplace, 2, said) is None
    quoted = training_program.reason(replace(workplace, pseudonyms=None), 2, said)
    assert quoted is not None and FOLDER in quoted


def check(workplace: Workplace, model: str, folder: Path) -> Job:
    """Check a model to the end."""
    checking.start(workplace, model, folder)
    claimed = check_run.claim(workplace)
    assert claimed is not None
    check_run.run(workplace, *claimed, stop=lambda: False)
    return jobs.get(workplace, claimed[0].job_id)


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
def test_the_search_knows_how_a_secret_can_be_written(code: str) -> None:
    import base64
    from urllib.parse import quote

    text = f"xx{MORE_WORDS['deep']}yy"
    for data in (text.encode(), text.upper().encode(), text.encode(code), text.encode().hex()):
        data = data if isinstance(data, bytes) else data.encode()
        assert found_in(data) == {"deep"}
    for before in range(4):
        assert found_in(base64.b64encode(b"z" * before + text.encode())) == {"deep"}
    assert "name, turned" in found_in(quote("Melindane^Quixadarova", safe="").encode())


class Outcome:
    """What three ways of intake gave."""

    def __init__(self) -> None:
        self.cases: tuple[str, ...] = ()
        self.texts: list[bytes] = []


def take_in_by_every_way(workplace: Workplace, pool: FakePool) -> Outcome:
    """Single uploads through the spool, a batch of a file and an archive, a server folder."""
    outcome = Outcome()
    token = workplace.uploads.open()
    sent = {f"{FOLDER}/{FILE_NAME}.dcm": planted_dicom(1), f"{FILE_NAME}.txt": FILE_NAME.encode()}
    sent |= {f"{FILE_NAME}.{ending}": data for ending, data in planted_pictures().items()}
    results = several.add_many(workplace, send(workplace, token, sent))
    outcome.texts += [repr(result).encode() for result in results]
    batch = {f"{FILE_NAME}-2.dcm": planted_dicom(2), f"{FOLDER}.zip": planted_archive(3)}
    batch[f"{FOLDER}-broken.zip"] = planted_archive(4)[:700]
    jobs = [batches.start_upload(workplace, send(workplace, token, batch))]
    folder = workplace.settings.folders[0] / FOLDER
    (folder / FILE_NAME).mkdir(parents=True)
    for number in (5, 6):
        (folder / FILE_NAME / f"{FILE_NAME}-{number}.dcm").write_bytes(planted_dicom(number))
    (folder / f"{FILE_NAME}-7.dcm").write_bytes(planted_dicom(7))
    (folder / f"{FILE_NAME}-cut.dcm").write_bytes(planted_dicom(8)[:900])
    (folder / f"{FILE_NAME}-png.dcm").write_bytes(planted_pictures()["png"] + b"more")
    (folder / FILE_NAME / "link.dcm").symlink_to(folder / f"{FILE_NAME}-7.dcm")
    jobs.append(batches.start_folder(workplace, folder))
    queue.run_pending(workplace, pool)
    rows = review.list_cases(workplace, size=100).rows
    outcome.cases = tuple(row.case_id for row in rows)
    for row in rows[:2]:
        outcome.texts.append(try_something(workplace, pool, row.case_id))
        review.sign(
            workplace, row.case_id, verdict="accept", confidence=5, text="", expected_revision=0
        )
    outcome.texts += read_in_a_study(workplace, rows[2].case_id)
    outcome.texts += [batch_export.as_csv(workplace, job.job_id) for job in jobs]
    outcome.texts += [batch_export.as_json(workplace, job.job_id) for job in jobs]
    outcome.texts += [annotations.export(workplace, format=kind) for kind in ("csv", "json")]
    reports = [case_report.of_case(workplace, case) for case in outcome.cases[:3]]
    outcome.texts += [*reports, *(text_of(report).encode() for report in reports)]
    outcome.texts += [repr(row).encode() for row in rows]
    outcome.texts += [repr(review.open_case(workplace, case)).encode() for case in outcome.cases]
    for case in outcome.cases:
        signing.keep(workplace, case, {"answers": {"text": "half"}}, frame=0, revision=0)
        outcome.texts.append(repr(opening.open_room(workplace, case)).encode())
        outcome.texts.append(repr(room_queue.around(workplace, case)).encode())
    outcome.texts += [repr(batches.rows(workplace, job.job_id, size=100)).encode() for job in jobs]
    outcome.texts += [repr(batches.progress(workplace, job.job_id)).encode() for job in jobs]
    return outcome


def try_something(workplace: Workplace, pool: FakePool, case_id: str) -> bytes:
    """Hide a region with a note on its shape; returns what a page gets of it, and a revision."""
    mark = {"kind": "ellipse", "points": [[1, 1], [9, 9]], "text": FILE_NAME}
    change = {"off": ["p01"], "region": {"marks": [mark]}}
    one = asking.request_sent(workplace, case_id, frame=0, document=change)
    queue.run_pending(workplace, pool)
    told = answers.answer(workplace, asking.result(workplace, one.try_id))
    tried = asking.tried(workplace, case_id, frame=0)
    assert told["state"] == "done" and len(tried) == 1
    return json.dumps([told, tried], ensure_ascii=False).encode()


def read_in_a_study(workplace: Workplace, case_id: str) -> list[bytes]:
    """Lock and sign a read; what the study gives of it."""
    made = managing.create(
        workplace,
        name="A study",
        protocol=Protocol("A study", CLASSES, "none", adjudication="never"),
        cases=[StudyCase(case_id)],
        readers=(workplace.reader,),
    )
    study = managing.open_study(workplace, made.study_id).study_id
    texts = [repr(reading.queue(workplace, study)).encode()]
    reading.lock(workplace, case_id, study=study, label="none", confidence=3, active_seconds=1.0)
    said = Judgement("supplement", 3, text="seen")
    reading.sign_read(workplace, case_id, study=study, judgement=said)
    outcomes.set_reference(workplace, study, f"case,label\n{case_id},none\n".encode())
    texts += [exporting.export(workplace, study, part=part) for part in exporting.PARTS]
    return [*texts, repr(outcomes.study_results(workplace, study)).encode()]


def send(workplace: Workplace, token: str, files: dict[str, bytes]) -> Iterator[tuple[str, object]]:
    """Send files as a browser does and hand them on, one by one."""
    for name, data in files.items():
        with receiving.receive(workplace, token, name=name, size=len(data)) as incoming:
            incoming.write(data)
    assert found_in_files([workplace.settings.spool]) == {}
    keys = [file.key for file in workplace.uploads.held(token)]
    with receiving.taken(workplace, token, keys) as taken:
        yield from taken


def found_everywhere(workplace: Workplace, outcome: Outcome, log: str) -> dict[str, set[str]]:
    """Which secrets are where."""
    backup(workplace.settings.store_url, workplace.settings.backups, now=START)
    whole = Path(tempfile.gettempdir()) / "whole-backup"
    backing_up.back_up(workplace, whole)
    found = found_in_files([workplace.settings.data, Path(tempfile.gettempdir())])
    texts = {"exports": b"\n".join(outcome.texts), "log": log.encode()}
    return found | {place: hits for place, text in texts.items() if (hits := found_in(text))}
