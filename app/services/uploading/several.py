"""Several files taken in at once; of a table each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from app.domain.cases import Intake, Source
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.deidentify import names
from app.services.deidentify.arrival import Arrival, MayShowText
from app.services.deidentify.patients import check_chosen
from app.services.tables import arriving
from app.services.uploading import batch_starts, intake
from app.services.workplace import Workplace
from dprotonet.errors import NotAnImage, ReadableError
from dprotonet.images.isolated.held_bytes import HeldBytes

Held = Callable[[Arrival], None]


@needs("add images")
def add_many(
    workplace: Workplace,
    items: Iterable[tuple[str, bytes | Path | HeldBytes]],
    *,
    source: Source = "upload",
    model: str | None = None,
    held: Held = lambda arrival: None,
) -> list[Intake]:
    """Take in several files; one that cannot be read costs itself only, and so does a row.

    Args:
        workplace: where.
        items: (name, bytes or path) of each.
        source: where they came from.
        model: digest of the bundle to read them with; the active one when left out.
        held: called with each patient's image that was not taken in because it may show text.
    """
    results: list[Intake] = []
    for name, data in items:
        shown = names.file_shown(workplace, name)
        if not arriving.is_table(data, name):
            added = _one(workplace, data, name, shown, source=source, model=model, held=held)
            results.append(added)
            continue
        try:
            results += add_rows(workplace, data, name=name, source=source, model=model)
        except ReadableError as error:
            results.append(Intake("error", shown, message=str(error)))
    return results


def _one(
    workplace: Workplace,
    data: bytes | Path | HeldBytes | Arrival,
    name: str,
    shown: str,
    *,
    source: Source,
    model: str | None,
    held: Held,
) -> Intake:
    try:
        return intake.add(workplace, data, name=name, source=source, model=model)
    except MayShowText as error:
        return _held(error.arrival, held)
    except NotAnImage as error:
        return Intake("skipped", shown, message=str(error))
    except ReadableError as error:
        return Intake("error", shown, message=str(error))


@needs("add images")
def add_rows(
    workplace: Workplace,
    data: bytes | Path | HeldBytes,
    *,
    name: str,
    source: Source = "upload",
    model: str | None = None,
) -> list[Intake]:
    """Take in a table: each row is a case; one that cannot be read costs itself only.

    Args:
        workplace: where.
        data: the table.
        name: what it is called.
        source: where it came from.
        model: digest of the bundle to read its rows with; the active one when left out.

    Raises:
        Refused: there is no model, it reads images, or the table has more rows than are taken here.
        ReadableError: it is no table, or lacks a column that the model reads.
    """
    check_chosen(workplace)
    info = batch_starts.model_for(workplace, model)
    most = workplace.settings.upload_files
    found = arriving.rows_of(workplace, data, name=name, info=info)
    if len(found) > most:
        raise Refused(
            f"The table has {len(found):,} rows; {most} are taken in at once here. Divide it, or "
            "upload it on the Batch page, which reads all of them."
        )
    results = []
    for row in found:
        if row.arrival is None:
            results.append(Intake("error", row.name, message=row.problem))
            continue
        results.append(
            _one(
                workplace,
                row.arrival,
                row.name,
                row.name,
                source=source,
                model=info.digest,
                held=lambda arrival: None,
            )
        )
    return results


def _held(arrived: Arrival, held: Held) -> Intake:
    try:
        held(arrived)
    except Refused as error:
        return Intake("error", arrived.name, message=str(error))
    return Intake("held", arrived.name, message=" ".join(arrived.warnings))
