"""The codes of our own scheme, and the code that a class has in a report.

DICOM has no code for what a reader says of a prediction. What stands here is listed, with the
meaning of each, in docs/dicom-out.md; a value that was used once never gets another meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydicom.sr.coding import Code

from dprotonet.bundle.coding.class_codes import LONGEST_MEANING, ClassCode

if TYPE_CHECKING:
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

SCHEME = "99DPROTONET"
SCHEME_UID = "2.25.208374609364150093847561020394857162035"
_CLASS_DIGITS = 8  # hexadecimal


def _own(value: str, meaning: str) -> Code:
    return Code(value, SCHEME, meaning)


VERDICT = _own("VERDICT", "Reader's verdict on the prediction")
VERDICTS: Mapping[str, Code] = {
    "accept": _own("ACCEPTED", "Accepted"),
    "reject": _own("REJECTED", "Rejected"),
    "supplement": _own("SUPPLEMENTED", "Supplemented"),
    "rightly refused": _own("RIGHTLY_REFUSED", "Model rightly refused the image"),
    "wrongly refused": _own("WRONGLY_REFUSED", "Model wrongly refused the image"),
}
"""By the verdicts of :mod:`app.domain.annotations`."""
CONFIDENCE = _own("CONFIDENCE", "Reader's confidence")
CONFIDENCES: Mapping[int, Code] = {
    1: _own("CONFIDENCE_1", "1 of 5, guess"),
    2: _own("CONFIDENCE_2", "2 of 5, unsure"),
    3: _own("CONFIDENCE_3", "3 of 5, fairly sure"),
    4: _own("CONFIDENCE_4", "4 of 5, sure"),
    5: _own("CONFIDENCE_5", "5 of 5, certain"),
}
REASON = _own("REASON", "Is what the model relied on a good reason?")
REASONS: Mapping[str, Code] = {
    "right": _own("REASON_RIGHT", "Right reason"),
    "partly": _own("REASON_PARTLY", "Partly right reason"),
    "wrong": _own("REASON_WRONG", "Wrong reason"),
    "unsure": _own("REASON_UNSURE", "Unsure of the reason"),
}
REGION = _own("REGION", "Where the heatmap marks")
REGIONS: Mapping[str, Code] = {
    "agree": _own("REGION_AGREE", "Where the reader sees the finding"),
    "elsewhere": _own("REGION_ELSE", "Elsewhere"),
    "outside the body": _own("REGION_OUTSIDE", "Outside the body"),
}
ANGLE_DEGREES = Code("deg", "UCUM", "Degree")
PIXELS = Code("{pixels}", "UCUM", "Pixels")


def class_code(name: str, known: Mapping[str, ClassCode]) -> Code:
    """The code of a class or of another label.

    Args:
        name: of the class, or what a reader wrote in its place.
        known: what the bundle says, by class.

    Returns:
        The bundle's; without one a code of our own scheme, ``CLASS_`` and eight digits of the
        name's SHA-256, whose meaning is the name.
    """
    code = known.get(name)
    if code is not None:
        return Code(code.value, code.scheme, code.meaning)
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_CLASS_DIGITS]
    return _own(f"CLASS_{digest}", one_line(name, LONGEST_MEANING) or "Label")


def one_line(text: str, most: int) -> str:
    """Text as a value of VR LO or SH takes it (PS3.5 6.2): one line, no backslash."""
    return " ".join(printed(text).replace("\\", " ").split())[:most].strip()


def printed(text: str) -> str:
    """Text without what no value may hold: control characters and halves of characters."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def scheme_items() -> list[CodingSchemeIdentificationItem]:
    """What the data set says of our scheme (PS3.3 C.12.1, coding scheme identification)."""
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    item = CodingSchemeIdentificationItem(
        SCHEME,
        name="DProtoNet Review: what readers say of predictions",
        responsible_organization="DProtoNet Review",
    )
    item.CodingSchemeUID = SCHEME_UID  # highdicom writes one only beside a registry
    return [item]
