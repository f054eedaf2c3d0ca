"""A model is checked on a folder of labelled images: asked for here, done by the worker."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.domain.checks import CheckRequest
from app.domain.errors import NotFound, Refused
from app.domain.jobs import BatchFacts, Job, Work
from app.domain.permissions import needs, within
from app.services import batches, jobs
from app.services.deidentify import names as names_of_files
from app.services.workplace import Workplace
from dprotonet.errors import WrongRequest
from dprotonet.inference.site_settings import FILE_NAME, SiteSettings, read_site_settings

RESULTS, REPORT, REPORT_MARKDOWN = "acceptance.json", "acceptance.html", "acceptance.md"
"""What ``python -m training accept`` writes."""
TABLE = "labels.csv"
"""A folder with this table is read by it, and any other as a folder of classes."""
OF_ROWS = (
    "A check reads folders of images, and this model reads rows of a table. Read your table as a "
    "batch, and compare its exported results with your own labels."
)
MOST = 5  # checks of a model that are listed
SCHEMA = 1


@needs("change models")
def start(
    workplace: Workplace,
    model: str,
    folder: str | Path,
    *,
    names: Mapping[str, str] | None = None,
) -> Job:
    """Let the worker check a model; the same check is never done twice at once.

    Args:
        workplace: its reader asks.
        model: digest of the bundle.
        folder: a server folder that the settings allow, with one sub-folder for each class or a
            table ``labels.csv`` (columns file, label, patient).
        names: class of the folder to class of the model, "" to leave its images out.

    Raises:
        NotFound: there is no such model.
        Refused: the folder may not be read, or the model reads rows of a table.
    """
    info = workplace.models.get(model)
    if info.reads_rows:
        raise Refused(OF_ROWS)
    digest = info.digest
    real = batches.allowed_folder(workplace, folder)
    request = CheckRequest(
        names_of_files.stored(workplace, real),
        workplace.reader,
        dict(names or {}),
        TABLE if (real / TABLE).is_file() else "",
    )
    asked = json.dumps([request.folder, sorted(request.names.items()), request.table])
    key = f"check:{digest}:{hashlib.sha256(asked.encode()).hexdigest()}"
    facts = BatchFacts(names_of_files.folder_shown(workplace, real), folder=request.folder)
    with workplace.store.write() as tx:
        job = jobs.enqueue(tx, Work("check", key, model=digest), now=workplace.clock(), batch=facts)
        tx.checks.note(job.job_id, request)
    return job


@needs("change models")
def class_names(workplace: Workplace, folder: str | Path) -> tuple[str, ...]:
    """The classes that an allowed folder has as sub-folders; () where a table has the labels."""
    real = batches.allowed_folder(workplace, folder)
    if (real / TABLE).is_file():
        return ()
    return tuple(path.name for path in batches.subfolders(workplace, real))


@needs("see cases")
def newest(workplace: Workplace, model: str) -> tuple[Job, ...]:
    """The checks of a model: those that are not over, then the newest."""
    with workplace.store.read() as tx:
        return tx.checks.of_model(model, limit=MOST)


@within
def folder_of(workplace: Workplace, job_id: str) -> Path:
    """Where a check leaves its report."""
    return workplace.settings.checks / job_id


@needs("see cases")
def results(workplace: Workplace, job_id: str) -> dict[str, Any]:
    """The figures of a check that is done.

    Raises:
        NotFound: they are not there.
    """
    try:
        values = json.loads(report(workplace, job_id, RESULTS))
    except ValueError:
        values = None
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        raise NotFound("The figures of this check cannot be read. Check the model again.")
    return values


@needs("export")
def report(workplace: Workplace, job_id: str, name: str = REPORT) -> bytes:
    """One file of a check that is done.

    Raises:
        NotFound: it is not there.
    """
    with workplace.store.read() as tx:
        tx.checks.request(job_id)  # an id from outside names no folder
    try:
        return (folder_of(workplace, job_id) / name).read_bytes()
    except OSError:
        raise NotFound("The report of this check is gone. Check the model again.") from None


@needs("see cases")
def settings(workplace: Workplace, job_id: str) -> SiteSettings | None:
    """What a check fitted for the site; None where the images were too few."""
    with workplace.store.read() as tx:
        tx.checks.request(job_id)
    try:
        return read_site_settings(folder_of(workplace, job_id) / FILE_NAME)
    except WrongRequest:
        return None


@needs("change models")
def delete(workplace: Workplace, job_id: str) -> None:
    """Remove a check with its report; settings that are in use stay in use.

    Raises:
        Refused: it is not over.
    """
    with workplace.store.write() as tx:
        tx.checks.request(job_id)
        if tx.jobs.get(job_id).is_active:
            raise Refused("This check is not over. Cancel it first.")
        tx.checks.delete(job_id)
    shutil.rmtree(folder_of(workplace, job_id), ignore_errors=True)
