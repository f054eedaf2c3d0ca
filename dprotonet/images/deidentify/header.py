"""A DICOM header without the person: every element at every depth, by the profile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from dprotonet.images.deidentify.instructions import Instructions, Survey
from dprotonet.images.deidentify.profile import action_of
from dprotonet.images.dicom.header import text

PERSON = (
    "PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "AccessionNumber",
    "StudyDate", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
)  # fmt: skip
METHOD = "DProtoNet Review: PS3.15 basic profile, dates shifted"
_CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
_SAFE_PRIVATE = ("113111", "Retain Safe Private Option")
_DUMMY = "ANONYMIZED"
_TEXTS = {"AE", "LO", "LT", "SH", "ST", "UC", "UT"}
_NUMBER = re.compile(rb"[-+0-9.,eE \\\0]*\Z")
_CODE = re.compile(r"[A-Z0-9_ ]{0,16}\Z")
_CODE_VALUE = re.compile(r"(?=.*[0-9])[A-Z0-9.-]{1,16}\Z")
_SCHEMES = {"DCM", "SCT", "SRT", "SNM3", "99SDM", "UCUM", "RADLEX", "LN", "FMA", "ACR"}
_IDS = ("PatientID", "OtherPatientIDs", "AccessionNumber", "IssuerOfPatientID", "StudyID")
_SHORTEST_WORD = 3  # characters of a name that are looked for in what stays
_DEEPEST = 32  # sequences inside each other
_WORD = re.compile(r"[^\W_]+")


def survey(header: Dataset) -> Survey:
    """What a header says of the person, and the identifiers that need a pseudonym."""
    uids: dict[str, None] = {}
    for _, element in _elements(header):
        if element.VR == "UI":
            uids.update(dict.fromkeys(uid for uid in _texts(element.value) if _is_own(uid)))
    return Survey({name: text(header, name) for name in PERSON}, tuple(uids))


def deidentified(header: Dataset, instructions: Instructions) -> Dataset:
    """A new header from which nothing leads to the person.

    Args:
        header: as it was read; it is not changed.
        instructions: pseudonyms; every identifier that :func:`survey` named must be among them.
    """
    cleaner = _Cleaner(instructions, _words(header))
    clean = cleaner.dataset(header, 0)
    clean.PatientName = clean.PatientID = instructions.patient
    if text(clean, "BurnedInAnnotation").upper() != "YES":
        clean.pop("BurnedInAnnotation", None)  # whoever said NO did not look at this copy
    clean.PatientIdentityRemoved = "YES"
    clean.LongitudinalTemporalInformationModified = "MODIFIED"
    clean.DeidentificationMethod = METHOD
    codes = (*_CODES, _SAFE_PRIVATE) if instructions.kept_private else _CODES
    clean.DeidentificationMethodCodeSequence = Sequence([_code(*code) for code in codes])
    return clean


class _Cleaner:
    def __init__(self, instructions: Instructions, words: frozenset[str]) -> None:
        self._say = instructions
        self._words = words

    def dataset(self, source: Dataset, depth: int) -> Dataset:
        clean = Dataset()
        if depth > _DEEPEST:
            return clean
        for tag in list(source.keys()):
            element = self._private(source, tag) if tag.is_private else None
            if not tag.is_private:
                element = self._element(source, tag, depth)
            if element is not None:
                clean[tag] = element
        _check_codes(clean)
        return clean

    def _element(self, source: Dataset, tag: BaseTag, depth: int) -> Any:
        if (number := _raw_number(source, tag)) is not None:
            vr, digits = number.VR or "", (number.value or b"").decode("ascii")
            keeps = action_of(tag, vr) == "keep" or self._is_kept(tag)
            return number if keeps and not self._names(digits) else None
        try:
            element = source[tag]
        except Exception:  # pydicom converts on access, and a value may be anything
            return None
        action = "keep" if self._is_kept(tag) else action_of(tag, element.VR)
        if action == "remove":
            return None
        if action == "empty":
            return DataElement(tag, element.VR, [] if element.VR == "SQ" else None)
        if action == "dummy":
            return DataElement(tag, element.VR, _DUMMY) if element.VR in _TEXTS else None
        if action == "date":
            return DataElement(tag, element.VR, self._dates(element.value))
        if element.VR == "UI":
            return DataElement(tag, "UI", self._uids(element.value))
        if element.VR == "SQ":
            items = [self.dataset(item, depth + 1) for item in element.value]
            return DataElement(tag, "SQ", Sequence(items))
        return self._swept(tag, element)

    def _private(self, source: Dataset, tag: BaseTag) -> Any:
        """A private element that stays, or the creator of one that does."""
        if not self._say.kept_private:
            return None
        block = tag.element if tag.is_private_creator else tag.element >> 8
        creator = _creator(source, tag.group, block)
        kept = {(group, name) for group, name, _ in self._say.kept_private}
        if tag.is_private_creator:
            return source[tag] if (tag.group, creator) in kept else None
        if (tag.group, creator, tag.element & 0xFF) not in self._say.kept_private:
            return None
        try:
            element = source[tag]
        except Exception:
            return None
        if element.VR in ("DA", "DT"):
            return DataElement(tag, element.VR, self._dates(element.value))
        # Identifiers would need a pseudonym, and what is inside nobody has listed.
        return None if element.VR in ("SQ", "UI", "UN") else self._swept(tag, element)

    def _is_kept(self, tag: BaseTag) -> bool:
        return any(tag_for_keyword(name) == tag for name in self._say.kept_keywords)

    def _swept(self, tag: BaseTag, element: DataElement) -> DataElement | None:
        """What stays must be what it says it is, and name nobody whom the header names."""
        if isinstance(element.value, bytes):
            return element
        values = [value if self._may_stay(element.VR, value) else "" for value in _texts(element)]
        if not any(values):
            return None
        if values == _texts(element):
            return element
        return DataElement(tag, element.VR, values)

    def _may_stay(self, vr: str, value: str) -> bool:
        return not self._names(value) and (vr != "CS" or bool(_CODE.match(value)))

    def _names(self, value: str) -> bool:
        return not self._words.isdisjoint(_WORD.findall(value.casefold()))

    def _uids(self, value: Any) -> list[str]:
        # An identifier that the survey did not see is not let through.
        return [self._say.uids.get(uid, "") if _is_own(uid) else uid for uid in _texts(value)]

    def _dates(self, value: Any) -> list[str]:
        return [_shifted(part, self._say.shift_days) for part in _texts(value)]


def _elements(source: Dataset, depth: int = 0) -> Iterator[tuple[BaseTag, DataElement]]:
    for tag in list(source.keys()):
        if tag.is_private or depth > _DEEPEST:
            continue
        try:
            element = source[tag]
        except Exception:  # as above
            continue
        yield tag, element
        if element.VR == "SQ":
            for item in element.value:
                yield from _elements(item, depth + 1)


def _words(header: Dataset) -> frozenset[str]:
    """Parts of the names and numbers that the header has, in small letters."""
    texts: list[str] = []
    for tag, element in _elements(header):
        if element.VR == "PN" or tag in {tag_for_keyword(name) for name in _IDS}:
            texts += _texts(element.value)
    words = (word for value in texts for word in _WORD.findall(value.casefold()))
    return frozenset(word for word in words if len(word) >= _SHORTEST_WORD)


def _raw_number(source: Dataset, tag: BaseTag) -> RawDataElement | None:
    """A decimal or integer string as its bytes stand, digits and nothing else: pydicom would
    refuse a decimal comma, which our reader understands."""
    raw = source.get_item(tag)
    if not isinstance(raw, RawDataElement) or not isinstance(raw.value, bytes):
        return None
    vr = raw.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "")
    if vr not in ("DS", "IS") or not _NUMBER.match(raw.value):
        return None
    return raw._replace(VR=vr)


def _texts(value: Any) -> list[str]:
    if isinstance(value, DataElement):
        value = value.value
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, (MultiValue, list)) else [str(value)]


def _is_own(uid: str) -> bool:
    """Not one of the standard's own, such as a SOP class or a transfer syntax."""
    return bool(uid) and UID(uid).name == uid


def _creator(source: Dataset, group: int, block: int) -> str:
    try:
        return str(source[Tag(group, block)].value).strip()
    except Exception:  # none, or anything
        return ""


def _shifted(value: str, days: int) -> str:
    """YYYYMMDD, moved; the time of day of a DT is dropped. "" where it is no date."""
    digits = value.replace(".", "")[:8]
    try:
        moved = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) + timedelta(days)
    except (ValueError, OverflowError):
        return ""
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"


def _check_codes(item: Dataset) -> None:
    """A coded entry keeps its code, whose meaning is looked up and not believed (PS3.3 8.1)."""
    if "CodeValue" not in item and "CodeMeaning" not in item:
        return
    value, scheme = text(item, "CodeValue"), text(item, "CodingSchemeDesignator")
    if _CODE_VALUE.match(value) and scheme in _SCHEMES:
        item.CodeMeaning = value
        return
    for name in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning"):
        item.pop(name, None)


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
