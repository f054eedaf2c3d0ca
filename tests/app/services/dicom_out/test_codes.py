"""Codes: a bundle's own, and those of our scheme."""

from __future__ import annotations

import pytest
from pydicom.sr.coding import Code

from app.domain.annotations import REASONS, REGIONS, VERDICTS
from app.services.dicom_out import codes
from dprotonet.bundle.coding.class_codes import ClassCode
from tests.paths import ROOT

OWN: list[Code] = [
    *(codes.VERDICT, codes.CONFIDENCE, codes.REASON, codes.REGION),
    *codes.VERDICTS.values(),
    *codes.CONFIDENCES.values(),
    *codes.REASONS.values(),
    *codes.REGIONS.values(),
]


def test_a_class_has_the_bundles_code_or_one_that_follows_from_its_name() -> None:
    known = {"pneumonia": ClassCode("233604007", "SCT", "Pneumonia")}
    assert codes.class_code("pneumonia", known) == Code("233604007", "SCT", "Pneumonia")
    own = codes.class_code("effusion", known)
    assert own == codes.class_code("effusion", {}) != codes.class_code("Effusion", {})
    assert own.scheme_designator == codes.SCHEME and own.meaning == "effusion"
    assert own.value.startswith("CLASS_") and len(own.value) <= 16


@pytest.mark.parametrize("name", ["x" * 200, "a\\b\nc\x07", "\ud800", "  "])
def test_whatever_a_reader_wrote_becomes_a_code_that_may_be_written(name: str) -> None:
    code = codes.class_code(name, {})
    assert 0 < len(code.meaning) <= 64 and code.meaning.isprintable()
    assert "\\" not in code.meaning


def test_everything_that_can_be_said_has_a_code_of_its_own() -> None:
    assert set(codes.VERDICTS) == set(VERDICTS)
    assert set(codes.REASONS) == set(REASONS)
    assert set(codes.REGIONS) == set(REGIONS)
    assert set(codes.CONFIDENCES) == {1, 2, 3, 4, 5}
    assert len({code.value for code in OWN}) == len(OWN)
    assert all(len(code.value) <= 16 and len(code.meaning) <= 64 for code in OWN)


@pytest.mark.parametrize("code", OWN, ids=[code.value for code in OWN])
def test_every_code_stands_in_the_documentation_with_its_meaning(code: Code) -> None:
    text = (ROOT / "docs/dicom-out.md").read_text("utf-8")
    assert f"| `{code.value}` | {code.meaning} |" in text


def test_the_scheme_says_whose_it_is() -> None:
    (item,) = codes.scheme_items()
    assert item.CodingSchemeDesignator == "99DPROTONET" and item.CodingSchemeUID
    assert item.CodingSchemeUID in (ROOT / "docs/dicom-out.md").read_text("utf-8")
