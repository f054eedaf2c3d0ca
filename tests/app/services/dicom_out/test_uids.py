"""Identifiers follow from what they name."""

from __future__ import annotations

from pydicom.uid import UID

from app.services.dicom_out.uids import uid


def test_equal_names_give_equal_identifiers_and_others_give_others() -> None:
    assert uid("case", 1, "report") == uid("case", 1, "report")
    found = {uid("case", n, kind) for n in range(50) for kind in ("report", "capture")}
    assert len(found) == 100


def test_they_are_valid_and_are_those_that_were_sent_before() -> None:
    assert UID(uid("case", 1)).is_valid and len(uid("case", 1)) <= 64
    assert uid("case", 1) == "2.25.185641333648986177803553408347622624605"
