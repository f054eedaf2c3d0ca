"""Objects sent to an archive by STOW-RS (PS3.18 10.5), and its answer read object by object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.domain.archives.archive import Archive
from app.domain.sending.answer import StoreAnswer
from app.services.archives.client import connected

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from requests import HTTPError

_ALL_FAILED = 409  # PS3.18 table 10.5.3-1: with the same answer as when some were stored
_JSON = ("application/dicom+json", "application/json")


def store(
    archive: Archive, objects: Sequence[Dataset], *, stop: Callable[[], bool] = lambda: False
) -> StoreAnswer:
    """Send objects in one request. What the archive has already under the same SOP Instance UID it
    does not store twice.

    Args:
        archive: to which.
        objects: with their meta headers.
        stop: asked while the answer comes whether nobody waits for it.

    Returns:
        What it has, and what it failed.

    Raises:
        ArchiveError: it could not be asked, or refused the whole request.
        Cancelled: ``stop`` said so.
    """
    from requests import HTTPError

    with connected(archive, "store", stop=stop) as client:
        try:
            said = client.store_instances(objects)
        except HTTPError as error:
            said = _said_with_failure(error)
        return answer_of(said)


def answer_of(said: Dataset) -> StoreAnswer:
    """The Store Instances Response (PS3.18 table 10.5.3-2); an item without a reason counts as
    stored in the one sequence and as failed in the other."""
    stored = {
        uid for item in said.get("ReferencedSOPSequence") or () if (uid := _uid(item)) is not None
    }
    failures = {
        uid: int(item.get("FailureReason") or 0)
        for item in said.get("FailedSOPSequence") or ()
        if (uid := _uid(item)) is not None
    }
    return StoreAnswer(frozenset(stored - failures.keys()), failures)


def _uid(item: Dataset) -> str | None:
    found = item.get("ReferencedSOPInstanceUID")
    return None if not found else str(found)


def _said_with_failure(error: HTTPError) -> Dataset:
    """The answer that comes with a refusal of every object; any other refusal is raised again."""
    from pydicom.dataset import Dataset

    response: Any = error.response
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if response.status_code != _ALL_FAILED or kind not in _JSON:
        raise error
    found: Dataset = Dataset.from_json(response.json())
    if "FailedSOPSequence" not in found:
        raise error
    return found
