"""Signing in by another service."""

from dataclasses import replace

import pytest

from app.domain.accounts.account import SignInRefused
from app.domain.accounts.outside import OutsideSignIn
from app.services.accounts import outside, sessions, users
from app.services.workplace import Workplace

SERVICE = OutsideSignIn(
    "https://id.example", "review", "secret", (("readers", "reader"), ("leads", "lead"))
)


@pytest.fixture
def here(workplace: Workplace) -> Workplace:
    return replace(workplace, settings=replace(workplace.settings, outside=SERVICE))


def signed_in(here: Workplace, subject: str, name: str, *groups: str) -> str:
    token = outside.sign_in(here, subject=subject, name=name, groups=groups)
    return sessions.key_of(token)


def roles(here: Workplace, key: str) -> frozenset[str] | None:
    account = sessions.account_of(here, key)
    return None if account is None else account.roles


def test_the_groups_of_each_sign_in_decide_on_the_roles(here: Workplace) -> None:
    first = signed_in(here, "7", "Zoe Lee", "readers", "gardeners")
    assert roles(here, first) == {"reader"}
    second = signed_in(here, "7", "Zoe Renamed", "readers")
    assert roles(here, first) == roles(here, second) == {"reader"}
    third = signed_in(here, "7", "Zoe Lee", "leads")
    assert roles(here, third) == {"lead"}
    assert roles(here, first) is None, "with other roles, other browsers are signed out"
    (account,) = users.all_users(here)
    assert (account.name, account.subject) == ("zoe-lee", "https://id.example 7")


def test_without_a_role_there_is_no_account(here: Workplace) -> None:
    with pytest.raises(SignInRefused, match="none of your groups"):
        signed_in(here, "7", "zoe", "gardeners")
    assert users.all_users(here) == ()


def test_an_account_is_not_taken_over_by_its_name(here: Workplace, ann: str) -> None:
    with pytest.raises(SignInRefused, match="another user “ann”"):
        signed_in(here, "7", "Ann", "leads")
    assert roles(here, sessions.key_of(ann)) == {"reader"}


def test_a_disabled_account_and_an_odd_name_are_refused(here: Workplace) -> None:
    signed_in(here, "7", "zoe", "readers")
    users.set_disabled(here, "zoe", True)
    with pytest.raises(SignInRefused, match="disabled"):
        signed_in(here, "7", "zoe", "readers")
    with pytest.raises(SignInRefused, match="cannot be used"):
        signed_in(here, "8", "<b>", "readers")
