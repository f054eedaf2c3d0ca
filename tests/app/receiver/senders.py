"""What sends to a receiver in tests: pynetdicom in this process, dcmtk's programs beside it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE
from pynetdicom.association import Association

from app.receiver.receiver import Listening

TITLE = "PACS1"
VERIFICATION = "1.2.840.10008.1.1"
RADIOGRAPH = "1.2.840.10008.5.1.4.1.1.1.1"  # digital, for presentation


def image(data: bytes) -> Dataset:
    """A file as a data set to be sent."""
    return dcmread(io.BytesIO(data), force=True)


@contextmanager
def associated(
    listening: Listening,
    *,
    title: str = TITLE,
    called: str = "",
    syntaxes: Sequence[str] = ("1.2.840.10008.1.2.1",),
    classes: Sequence[str] = (RADIOGRAPH, VERIFICATION),
) -> Iterator[Association]:
    """An association, which may have been rejected."""
    entity = AE(title)
    for each in classes:
        entity.add_requested_context(each, [UID(one) for one in syntaxes])
    association = entity.associate(
        listening.address, listening.port, ae_title=called or listening.title
    )
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def dcmtk(
    program: str, listening: Listening, *more: str | Path, title: str = TITLE, called: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run echoscu or storescu to its end."""
    names = ["-aet", title, "-aec", called or listening.title]
    # Options come before the address, files behind it.
    options = [str(one) for one in more if not isinstance(one, Path)]
    files = [str(one) for one in more if isinstance(one, Path)]
    return subprocess.run(
        [program, *names, *options, listening.address, str(listening.port), *files],
        capture_output=True,
        text=True,
        timeout=60,
    )
