"""Who verifies reports, as a site says it."""

from __future__ import annotations

import pytest

from app.domain.dicom.site import DicomSite
from app.domain.errors import Refused


def test_nobody_verifies_unless_the_site_says_so() -> None:
    assert DicomSite.from_environment({}) == DicomSite()


def test_readers_are_named_with_their_organisation() -> None:
    site = DicomSite.from_environment(
        {
            "DPROTONET_ORGANISATION": " St. Example ",
            "DPROTONET_VERIFIERS": "ann = Doe^Ann; Ben Roe=Roe^Ben^^Dr ;",
        }
    )
    assert site.organisation == "St. Example"
    assert dict(site.verifiers) == {"ann": "Doe^Ann", "Ben Roe": "Roe^Ben^^Dr"}


@pytest.mark.parametrize("text", ["ann", "ann=", "=Doe^Ann", "ann=Doe", "ann=Doe^A=B", "a=b\\^c"])
def test_what_names_nobody_is_refused_with_the_variable(text: str) -> None:
    with pytest.raises(Refused, match="DPROTONET_VERIFIERS"):
        DicomSite.from_environment({"DPROTONET_ORGANISATION": "X", "DPROTONET_VERIFIERS": text})


def test_verifiers_without_an_organisation_and_a_long_one_are_refused() -> None:
    with pytest.raises(Refused, match="ORGANISATION is missing"):
        DicomSite.from_environment({"DPROTONET_VERIFIERS": "ann=Doe^Ann"})
    with pytest.raises(Refused, match="at most 64"):
        DicomSite("x" * 65)
