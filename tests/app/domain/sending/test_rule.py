"""A site's rule: nothing by default, and a sentence for what it cannot be."""

import pytest

from app.domain.dicom.kinds import KINDS
from app.domain.errors import Refused
from app.domain.sending.rule import SendingRule


def rule(**environment: str) -> SendingRule:
    return SendingRule.from_environment({f"DPROTONET_{k}": v for k, v in environment.items()})


def test_by_default_nothing_leaves() -> None:
    assert rule() == SendingRule()
    assert not rule().sends and not rule(SEND="automatic").is_automatic


def test_a_rule_is_read_as_it_is_written() -> None:
    found = rule(
        SEND_TO="main, research main",
        SEND="Automatic",
        SEND_OBJECTS="seg; SR",
        SEND_AS="identity",
    )
    assert found.archives == ("main", "research")
    assert found.kinds == ("report", "segmentation")
    assert found.is_automatic and found.naming == "identity"
    assert rule(SEND_TO="main").kinds == KINDS
    assert not rule(SEND_TO="main").is_automatic
    assert rule(SEND_TO="main", SEND="on  request").moment == "on request"


@pytest.mark.parametrize(
    ("variable", "value", "mend"),
    [
        ("SEND", "sometimes", "on request or automatic"),
        ("SEND_AS", "names", "pseudonyms or identity"),
        ("SEND_OBJECTS", "SR, PDF", "SR, SEG, SC, GSPS, PM"),
    ],
)
def test_what_it_cannot_be_is_refused(variable: str, value: str, mend: str) -> None:
    with pytest.raises(Refused, match=f"DPROTONET_{variable} ") as refused:
        rule(**{variable: value})
    assert mend in str(refused.value)


def test_it_names_archives_that_the_site_described() -> None:
    rule(SEND_TO="main").check_archives(("main", "other"))
    with pytest.raises(Refused, match="“research”, which is no archive"):
        rule(SEND_TO="main research").check_archives(("main",))
