"""Objects of a de-identified image under the person's name again: in memory, for one sending.

The note on whom a stored file is of is opened with the key of the pseudonyms
(:mod:`app.services.deidentify.key`). What comes out of it is written nowhere here: not to a row, a
log, a file or a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.tag import Tag

from app.domain.cases import Case
from app.domain.errors import Refused
from app.domain.permissions import within
from app.domain.sending.sending import Sending
from app.services.audit.recording import record_sending
from app.services.deidentify.key import PseudonymKey
from app.services.dicom_out.codes import SCHEME_UID
from app.services.sending.words import NO_KEY, NOT_NOTED
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

_PERSON = ("PatientID", "PatientName", "PatientBirthDate", "AccessionNumber", "StudyDate")
_IF_SAID = ("IssuerOfPatientID",)
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
# A value that the standard does not allow goes back as the archive has it; pydicom's warning would
# quote it.
_AS_IT_CAME = config.IGNORE
# What the objects say of having lost their person (PS3.3 C.12.1.1, C.7.1.1).
_LOST = (
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    "LongitudinalTemporalInformationModified",
)


@within
def person_of(workplace: Workplace, case: Case, sending: Sending) -> Mapping[str, str] | None:
    """What the file of a case said of the person, by keyword. The audit records it before the note
    is opened.

    Returns:
        None of a file that is stored as it came: there is nothing to restore.

    Raises:
        Refused: the file was de-identified here, and the key is not there.
        WrongKey: the note was sealed with another key.
    """
    with workplace.store.read() as tx:
        sealed = tx.identities.note_of(case.file_sha256)
    if sealed is None:
        return None
    key = workplace.pseudonyms
    if key is None:
        raise Refused(NO_KEY)
    with workplace.store.write() as tx:
        record_sending(workplace, tx, "identity restored", sending, case)
    told = key.unseal(sealed)
    if not isinstance(told, dict) or not told.get("SOPInstanceUID"):
        raise Refused(NOT_NOTED)
    return {name: str(value) for name, value in told.items()}


def restore(dataset: Dataset, told: Mapping[str, str], key: PseudonymKey) -> None:
    """Put the person back into an object, which is changed in its place.

    Patient, study and image get what the file said. The object's own identifiers become others than
    those under the pseudonym, the same ones each time.

    Args:
        dataset: with its meta header.
        told: by keyword, as the note says.
        key: by which the pseudonyms were made.
    """
    for name in (*_PERSON, *(name for name in _IF_SAID if told.get(name))):
        _put(dataset, name, told.get(name, ""))
    for name in _LOST:
        dataset.pop(name, None)
    known = {key.uid(told[name]): told[name] for name in _UIDS if told.get(name)}
    for element in (*_uids(dataset), *_uids(dataset.file_meta)):
        values = [str(uid) for uid in _listed(element.value)]
        changed = [known.get(uid) or _own(uid, key) for uid in values]
        element.validation_mode = _AS_IT_CAME
        element.value = changed[0] if len(changed) == 1 else changed


def _put(dataset: Dataset, keyword: str, value: str) -> None:
    from pydicom.dataelem import DataElement

    tag = Tag(keyword)
    dataset[tag] = DataElement(tag, dictionary_VR(tag), value, validation_mode=_AS_IT_CAME)


def _own(uid: str, key: PseudonymKey) -> str:
    """Identifiers of the standard, and of our scheme of codes, are everybody's."""
    return key.restored_uid(uid) if uid.startswith("2.25.") and uid != SCHEME_UID else uid


def _uids(dataset: Dataset) -> Iterator[DataElement]:
    for element in dataset:
        if element.VR == "UI" and element.value:
            yield element
        elif element.VR == "SQ":
            for item in element.value:
                yield from _uids(item)


def _listed(value: object) -> list[object]:
    from pydicom.multival import MultiValue

    return list(value) if isinstance(value, (MultiValue, list)) else [value]
