"""A table that arrives: its rows as files that may be kept, or why one may not.

Nothing of the table is kept but these: of each row the values that the model reads, where the
installation has a key of pseudonyms that of the group's column, and the row's place in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.permissions import within
from app.domain.tables.table_row import TableRow
from app.services.deidentify import names
from app.services.deidentify.arrival import Arrival
from app.services.deidentify.key import person_of
from app.services.tables.fitting import check_kind
from app.services.workplace import Workplace
from app.store.files.identities import SealedIdentity
from dprotonet.attributes.reading import RowProblem
from dprotonet.images.deidentify.instructions import Survey
from dprotonet.images.hashes import file_sha256
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.sniff import HEAD_BYTES, known_format

if TYPE_CHECKING:
    from dprotonet.attributes.table import Row

PARQUET = b"PAR1"
ENDINGS = (".csv", ".tsv", ".parquet")
MOST_ROWS = 10_000
"""Of one table in a batch."""


@dataclass(frozen=True, eq=False)
class ArrivingRow:
    """One row of a table on its way in."""

    name: str
    """As it may be shown: the table's name and the row's place in it."""
    shown_path: str
    """The same below the table's folder, in a folder, an archive or an upload."""
    arrival: Arrival | None
    """None where it cannot be read."""
    problem: str = ""
    """Why: line, column, fact and mend."""


def is_table(data: bytes | Path | HeldBytes, name: str) -> bool:
    """Is a file a table? Parquet is known by its first bytes; CSV has none of its own, so that its
    name says it, unless the file is an image. What cannot be opened is none.
    """
    try:
        head = _head(data)
    except OSError:
        return False
    if head.startswith(PARQUET):
        return True
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return ending in ENDINGS and known_format(head) is None


def _head(data: bytes | Path | HeldBytes) -> bytes:
    if isinstance(data, HeldBytes):
        return data.head(HEAD_BYTES)
    if isinstance(data, Path):
        with data.open("rb") as file:
            return file.read(HEAD_BYTES)
    return data[:HEAD_BYTES]


@within
def rows_of(
    workplace: Workplace, data: bytes | Path | HeldBytes, *, name: str, info: BundleInfo
) -> list[ArrivingRow]:
    """The rows of a table, in its order.

    Args:
        workplace: where; its key makes the pseudonyms.
        data: the file.
        name: what it is called.
        info: the model that reads the rows.

    Raises:
        Refused: the model reads images, or the file is too large.
        ReadableError: it is no table, or lacks a column that the model reads.
    """
    check_kind(info, row=True)
    try:
        return _rows_of(workplace, data, name, info)
    except OSError:
        raise Refused(
            "The table could not be read. Check the disk or the network folder that it is on."
        ) from None


def _rows_of(
    workplace: Workplace, data: bytes | Path | HeldBytes, name: str, info: BundleInfo
) -> list[ArrivingRow]:
    limit = workplace.settings.file_bytes
    if _size(data) > limit:
        raise Refused(
            f"The table is larger than {limit >> 20} MiB, the most that is taken in. Divide it "
            "into smaller files, or raise DPROTONET_FILE_MB."
        )
    images = workplace.models.bundle(info.digest).rows
    if images is None:
        raise ValueError("the model reads rows, as its facts say")
    place = "row" if _head(data).startswith(PARQUET) else "line"
    arriving: list[ArrivingRow] = []
    for found in workplace.image_reader.rows(data, images.table):
        if len(arriving) == MOST_ROWS:
            raise Refused(
                f"The table has more than {MOST_ROWS:,} rows. Divide it into files of at most so "
                "many."
            )
        where = f"{place} {found.line}"
        arrival = None if isinstance(found, RowProblem) else _arrival(workplace, found, name, where)
        shown = _shown(workplace, name, where) if arrival is None else arrival.name
        path = names.path_shown(workplace, f"{name}, {where}", name=shown)
        problem = found.reason if isinstance(found, RowProblem) else ""
        arriving.append(ArrivingRow(shown, path, arrival, problem))
    return arriving


def _size(data: bytes | Path | HeldBytes) -> int:
    if isinstance(data, HeldBytes):
        return data.size
    return data.stat().st_size if isinstance(data, Path) else len(data)


def _shown(workplace: Workplace, name: str, where: str) -> str:
    return f"{names.file_shown(workplace, name)}, {where}"


def _arrival(workplace: Workplace, row: Row, name: str, where: str) -> Arrival:
    key = workplace.pseudonyms
    values = row.by_name()
    if key is None:
        return Arrival(TableRow(values).to_bytes(), _shown(workplace, name, where))
    person = {"PatientID": row.group} if row.group else {}
    data = TableRow(values).to_bytes()
    # As of an image that names nobody: the row stands for a patient of its own.
    patient = key.patient(person_of(Survey(person)) or f"file {file_sha256(data)}")
    data = TableRow(values, patient).to_bytes()
    image = f"{patient}-{key.image(file_sha256(data))}"
    sealed = key.seal({**person, "file": name})
    return Arrival(data, f"{image}, {where}", SealedIdentity(patient, image, sealed))
