"""Intake: bytes become a case, whole or not at all; the same bytes are one case."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.bundles import BundleInfo
from app.domain.cases import Case, CaseFacts, Intake, Source, shown_name
from app.domain.errors import Refused
from app.domain.permissions import needs, within
from app.services import jobs, models, originals
from app.services.audit.recording import record_case
from app.services.checks import site_choice
from app.services.deidentify.arrival import Arrival, arrival
from app.services.deidentify.patients import check_chosen
from app.services.tables.arriving import is_table
from app.services.tables.fitting import check_kind, no_table
from app.services.tables.reading import facts_of, row_in
from app.services.workplace import Workplace
from app.store.files.blobs import Staged, TooManyBytes
from app.store.sql_store import Transaction
from dprotonet.errors import NotAnImage
from dprotonet.images.file_names import printable
from dprotonet.images.isolated.held_bytes import HeldBytes

log = logging.getLogger(__name__)
MEBIBYTE = 1024 * 1024
SAFE_ENDING = re.compile(r"\.[a-z0-9]{1,5}\Z")


@needs("add images")
def add(
    workplace: Workplace,
    data: bytes | Path | HeldBytes | Arrival,
    *,
    name: str,
    source: Source = "upload",
    model: str | None = None,
    site: str | None = None,
    predict: bool = True,
    within: Callable[[Transaction, str], None] | None = None,
) -> Intake:
    """Decode a file, keep its bytes and rows, and enqueue its prediction.

    Args:
        workplace: where.
        data: the file's bytes, its path, or a file that was de-identified before.
        name: what the file was called; only its last part is kept, and of patients none of it.
        source: where it came from.
        model: digest of the bundle to read it with; the active one when left out.
        site: digest of the site's settings to read it under, "" for the bundle's own calibration;
            what is in use for the bundle when left out.
        predict: enqueue the prediction; a batch makes it itself.
        within: called with the new case's id inside the transaction that adds it.

    Returns:
        The case that was added, or the one that this very file was imported as before. The same
        pixels under another header are a case of their own, since they look different.

    Raises:
        ReadableError: the file is too large, not an image, or cannot be read; nothing was kept.
        MayShowText: a patient's image, whose pixels may name somebody; nothing was kept.
    """
    if not isinstance(data, Arrival) and is_table(data, name):
        raise Refused(_why_no_table(workplace, model))
    staged = stage(workplace, data, name=name)
    try:
        return _add_staged(
            workplace,
            staged,
            name=staged.name or name,
            source=source,
            model=model,
            site=site,
            predict=predict,
            within=within,
        )
    finally:
        workplace.blobs.discard(staged)


@within
def check_upload(workplace: Workplace, *, files: int, size: int) -> None:
    """Refuse an upload that is larger than the settings allow.

    Args:
        workplace: whose settings.
        files: number of files.
        size: bytes of all together.

    Raises:
        Refused: with the sentence that names the ways for larger sets.
    """
    settings = workplace.settings
    larger = "Larger sets go through a server folder on the Batch page, or the shell."
    if files > settings.upload_files:
        raise Refused(
            f"These are {files} files; {settings.upload_files} fit in one upload. {larger}"
        )
    if size > settings.upload_bytes:
        raise Refused(
            f"These are {-(-size // MEBIBYTE)} MiB; {settings.upload_bytes // MEBIBYTE} MiB fit in "
            f"one upload. {larger}"
        )


@within
def check_size(workplace: Workplace, size: int) -> None:
    """Refuse a file of too many bytes.

    Raises:
        Refused: with the sentence that names the setting.
    """
    if size > workplace.settings.file_bytes:
        raise Refused(too_large(workplace))


@needs("see models")
def too_large(workplace: Workplace) -> str:
    """The sentence about a file of too many bytes."""
    return (
        f"The file is larger than {workplace.settings.file_bytes // MEBIBYTE} MiB, the most that "
        "is taken in. Export the image at a smaller size, or raise DPROTONET_FILE_MB."
    )


@within
def stage(
    workplace: Workplace,
    data: bytes | Path | BinaryIO | HeldBytes | Arrival,
    *,
    name: str = "",
) -> Staged:
    """Bring bytes into the blob folder under a temporary name, refusing too many.

    A patient's file is de-identified first, in memory.
    """
    check_chosen(workplace)
    limit = workplace.settings.file_bytes
    if isinstance(data, Arrival):
        staged = stage(replace(workplace, pseudonyms=None), data.data, name=data.name)
        return replace(staged, name=data.name, identity=data.identity, shows_text=data.shows_text)
    if workplace.pseudonyms is not None:
        try:
            arrived = arrival(workplace, data, name=name, limit=limit)
        except TooManyBytes:
            raise Refused(too_large(workplace)) from None
        except OSError as error:
            raise Refused(_why_unopened(error)) from None
        return stage(workplace, arrived)
    # A damaged file that is named as an image is an error, not a file of another kind: the reader
    # tells the two apart by the ending, so the temporary name keeps it.
    ending = Path(shown_name(name)).suffix.lower()
    suffix = ending if SAFE_ENDING.match(ending) else ""
    try:
        if isinstance(data, Path):
            with data.open("rb") as file:
                return workplace.blobs.stage(file, limit=limit, suffix=suffix)
        if isinstance(data, HeldBytes):
            return workplace.blobs.stage(data.open(), limit=limit, suffix=suffix)
        return workplace.blobs.stage(data, limit=limit, suffix=suffix)
    except TooManyBytes:
        check_size(workplace, limit + 1)
        raise
    except OSError as error:
        raise Refused(_why_unopened(error)) from None


def _why_unopened(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "The file could not be opened: this program may not read it. Change its permissions."
    if isinstance(error, FileNotFoundError):
        return "The file no longer exists. Check the folder."
    return "The file could not be read. Check the disk or the network folder that it is on."


def _add_staged(
    workplace: Workplace,
    staged: Staged,
    *,
    name: str,
    source: Source,
    model: str | None,
    site: str | None,
    predict: bool,
    within: Callable[[Transaction, str], None] | None,
) -> Intake:
    check_not_empty(staged)
    with workplace.store.read() as tx:
        known = tx.cases.find(file_sha256=staged.key)
    if known is not None:
        return _duplicate(known, name)
    chosen = models.active(workplace) if model is None else workplace.models.get(model)
    model = chosen.digest if chosen else None
    facts, pixel_sha256 = _looked_at(workplace, staged, chosen)
    case = new_case(workplace, staged, facts, pixel_sha256, name, source, model)
    with originals.keeping(workplace) as (tx, keep):
        case = replace(case, site=site_choice.in_use(tx, model) if site is None else site)
        known = tx.cases.find(file_sha256=staged.key)
        if known is not None:
            return _duplicate(known, name)
        twins = tx.cases.with_pixels(pixel_sha256, limit=1)
        keep(staged)
        tx.cases.add(case)
        record_case(workplace, tx, "case added", case)
        if within is not None:
            within(tx, case.case_id)
        if predict and model is not None:
            jobs.enqueue_prediction(
                tx,
                case_id=case.case_id,
                frame=0,
                model=model,
                site=case.site,
                now=case.created_at,
            )
    log.info("case %s added: %s, %d bytes", case.case_id, facts.format, staged.size)
    twin = twins[0].file_name if twins else ""
    return Intake("added", case.file_name, case.case_id, twin_text(twin, case.facts))


def _why_no_table(workplace: Workplace, model: str | None) -> str:
    info = models.active(workplace) if model is None else workplace.models.get(model)
    if info is not None:
        check_kind(info, row=True)
    return (
        "A table is taken in row by row, each a case of its own. Upload it on the Review or the "
        "Batch page."
    )


def _looked_at(
    workplace: Workplace, staged: Staged, model: BundleInfo | None
) -> tuple[CaseFacts, str]:
    """Facts of a file and the hash of its pixels; of a row that of its values.

    Raises:
        Refused: the model is not made for such a file.
    """
    source = workplace.blobs.staged_source(staged)
    row = row_in(source)
    if row is None:
        try:
            looked = workplace.image_reader.look(source)
        except NotAnImage:
            if model is not None and model.reads_rows:
                raise NotAnImage(no_table(model)) from None
            raise
        if model is not None:
            check_kind(model, row=False)
        return looked
    if model is None:
        raise Refused(models.why_none(workplace))
    return facts_of(workplace, row, model), row.values_sha256


@within
def check_not_empty(staged: Staged) -> None:
    """Raise NotAnImage of a file without bytes."""
    if staged.size == 0:
        raise NotAnImage("The file is empty. Export it again.")


@within
def new_case(
    workplace: Workplace,
    staged: Staged,
    facts: CaseFacts,
    pixel_sha256: str,
    name: str,
    source: Source,
    model: str | None,
) -> Case:
    """The case that a file becomes, which is not written yet."""
    if staged.shows_text:
        facts = replace(facts, burned_in_annotation=True)
    return Case(
        case_id=jobs.new_id(),
        file_name=shown_name(name),
        file_sha256=staged.key,
        pixel_sha256=pixel_sha256,
        file_bytes=staged.size,
        facts=_plain(facts),
        source=source,
        model=model,
        created_at=workplace.clock(),
        pixel_hash="encoded" if facts.frames > 1 else "decoded",
    )


def _plain(facts: CaseFacts) -> CaseFacts:
    """A header may hold what no column of a database can, such as a null character."""
    plain: dict[str, Any] = {
        name: printable(fact) for name, fact in vars(facts).items() if isinstance(fact, str)
    }
    return replace(facts, **plain)


@within
def twin_text(file_name: str, facts: CaseFacts) -> str:
    """What is said of a new case whose pixels, or values, are those of an earlier file; empty where
    none has them."""
    if not file_name:
        return ""
    if facts.is_row:
        return f"The same values as “{file_name}”, of another group."
    return f"The same pixels as “{file_name}”, with another header."


def _duplicate(known: Case, name: str) -> Intake:
    return Intake(
        "duplicate",
        shown_name(name),
        known.case_id,
        f"This {'row' if known.facts.is_row else 'file'} was already imported, as "
        f"“{known.file_name}”.",
    )
