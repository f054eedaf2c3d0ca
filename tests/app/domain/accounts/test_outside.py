"""Settings of a sign-in service."""

import pytest

from app.domain.accounts.outside import OutsideSignIn
from app.domain.errors import Refused

GIVEN = {
    "ISSUER": "https://id.example/realm",
    "CLIENT_ID": "review",
    "CLIENT_SECRET": "very secret",
    "ROLES": "readers=reader, cn=leads,ou=x=lead , readers=adjudicator",
}


def read(**changed: str) -> OutsideSignIn | None:
    return OutsideSignIn.from_environment(
        {f"DPROTONET_OIDC_{name}": value for name, value in (GIVEN | changed).items()}
    )


def test_groups_become_roles_by_the_table_and_all_others_nothing() -> None:
    outside = read(ROLES="readers=reader, a=b=lead, readers=adjudicator")
    assert outside is not None
    assert outside.roles_for(["readers", "others"]) == {"reader", "adjudicator"}
    assert outside.roles_for(["a=b"]) == {"lead"}
    assert outside.roles_for(["Readers", "others"]) == frozenset()
    assert "very secret" not in repr(outside)


def test_without_an_issuer_there_is_no_service() -> None:
    assert read(ISSUER="") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUER", "http://id.example"),
        ("ISSUER", "id.example"),
        ("CLIENT_ID", ""),
        ("CLIENT_SECRET", ""),
        ("ROLES", ""),
        ("ROLES", "readers"),
        ("ROLES", "readers=king"),
    ],
)
def test_what_is_missing_or_wrong_is_a_sentence(name: str, value: str) -> None:
    with pytest.raises(Refused, match=r"\."):
        read(**{"ROLES": "readers=reader", name: value})
