"""Signing in, guessing, and passwords that people set for themselves."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.accounts.account import SignInRefused
from app.domain.errors import Refused
from app.services.accounts import sessions, sign_in, users
from app.services.workplace import Workplace
from tests.app.services.accounts.conftest import PASSWORD, Hand

OTHER = "another row of words"


def refusal(workplace: Workplace, name: str, password: str = "wrong wrong wrong") -> str:
    with pytest.raises(SignInRefused) as refused:
        sign_in.sign_in(workplace, name, password)
    return str(refused.value)


def test_the_right_password_signs_in_whatever_the_capitals_of_the_name(
    workplace: Workplace, ann: str
) -> None:
    token = sign_in.sign_in(workplace, " ANN ", PASSWORD)
    assert token != ann
    assert sessions.account_of(workplace, sessions.key_of(token)) is not None


def test_a_refusal_does_not_say_whether_there_is_such_an_account(
    workplace: Workplace, ann: str
) -> None:
    users.add(workplace, "bob", roles=["lead"])  # who has set no password yet
    said = {refusal(workplace, name) for name in ("ann", "nobody", "bob", "", "no / name")}
    assert said == {sign_in.WRONG}
    for _ in range(4):
        said = {refusal(workplace, name) for name in ("ann", "nobody")}
    said = {refusal(workplace, name) for name in ("ann", "nobody")}
    assert said == {"There were too many wrong passwords. Try again in 1 minute."}


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait_and_longer_each_time(
    workplace: Workplace, ann: str, hand: Hand
) -> None:
    for _ in range(5):
        assert refusal(workplace, "ann") == sign_in.WRONG
    assert "too many" in refusal(workplace, "ann", PASSWORD)
    hand.move(seconds=31)
    assert refusal(workplace, "ann") == sign_in.WRONG
    hand.move(seconds=31)
    assert "too many" in refusal(workplace, "ann", PASSWORD), "a minute now"
    hand.move(seconds=30)
    sign_in.sign_in(workplace, "ann", PASSWORD)
    assert refusal(workplace, "ann") == sign_in.WRONG, "the count began anew"
    sign_in.sign_in(workplace, "ann", PASSWORD)


def test_many_guesses_at_once_are_counted_too(workplace: Workplace, ann: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(lambda _: refusal(workplace, "ann"), range(16)))
    assert said.count(sign_in.WRONG) == 5


def test_another_password_signs_out_all_other_browsers(workplace: Workplace, ann: str) -> None:
    other = sign_in.sign_in(workplace, "ann", PASSWORD)
    with pytest.raises(SignInRefused, match="old password is wrong"):
        sign_in.change_password(workplace, sessions.key_of(ann), OTHER, OTHER)
    for poor in (PASSWORD, "short"):
        with pytest.raises(Refused):
            sign_in.change_password(workplace, sessions.key_of(ann), PASSWORD, poor)
    new = sign_in.change_password(workplace, sessions.key_of(ann), PASSWORD, OTHER)
    known = [sessions.account_of(workplace, sessions.key_of(t)) for t in (ann, other, new)]
    assert known[:2] == [None, None] and known[2] is not None
    assert refusal(workplace, "ann", PASSWORD) == sign_in.WRONG
    with pytest.raises(SignInRefused, match="signed out"):
        sign_in.change_password(workplace, sessions.key_of(ann), OTHER, PASSWORD)


def test_a_link_sets_one_password_once_and_not_for_long(workplace: Workplace, hand: Hand) -> None:
    first = users.add(workplace, "bob", roles=["lead"])
    second = users.reset(workplace, "bob")
    with pytest.raises(SignInRefused, match="used or is too old"):
        sign_in.set_by_link(workplace, first, password=PASSWORD)
    with pytest.raises(Refused, match="12 to 200"):
        sign_in.set_by_link(workplace, second, password="short")
    hand.move(hours=23)
    sign_in.set_by_link(workplace, second, password=PASSWORD)
    with pytest.raises(SignInRefused):
        sign_in.set_by_link(workplace, second, password=OTHER)
    third = users.reset(workplace, "bob")
    assert refusal(workplace, "bob", PASSWORD) == sign_in.WRONG, "the old one is worthless"
    hand.move(hours=25)
    with pytest.raises(SignInRefused):
        sign_in.set_by_link(workplace, third, password=OTHER)


def test_of_many_who_use_a_link_at_once_one_gets_in(workplace: Workplace) -> None:
    link = users.first_link(workplace) or ""

    def use(number: int) -> bool:
        try:
            sign_in.set_by_link(workplace, link, name=f"root{number}", password=PASSWORD)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(use, range(6))).count(True) == 1
    assert len(users.all_users(workplace)) == 1


def test_the_first_link_makes_an_administrator_and_none_after_there_is_an_account(
    workplace: Workplace,
) -> None:
    old, link = users.first_link(workplace), users.first_link(workplace)
    assert old is not None and link is not None
    with pytest.raises(SignInRefused):
        sign_in.set_by_link(workplace, old, name="eve", password=PASSWORD)
    sign_in.set_by_link(workplace, link, name="Root", password=PASSWORD)
    (account,) = users.all_users(workplace)
    assert (account.name, account.roles, account.has_password) == ("root", {"admin"}, True)
    assert users.first_link(workplace) is None
    with pytest.raises(SignInRefused):
        sign_in.set_by_link(workplace, link, name="eve", password=PASSWORD)


def test_a_first_link_is_worthless_once_an_account_came_another_way(workplace: Workplace) -> None:
    link = users.first_link(workplace) or ""
    users.add(workplace, "root", roles=["admin"])
    with pytest.raises(SignInRefused):
        sign_in.set_by_link(workplace, link, name="eve", password=PASSWORD)
