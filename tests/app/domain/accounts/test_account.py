"""Rules for names, passwords and waiting."""

from datetime import timedelta

import pytest

from app.domain.accounts.account import account_name, check_password, roles_of, wait_after
from app.domain.errors import Refused


def test_a_name_is_kept_without_capitals_and_spaces() -> None:
    assert account_name(" Ann.Lee@Ward-3 ") == "ann.lee@ward-3"
    for wrong in ("", "a b", "a/b", "<b>", "x" * 101, "a\nb"):
        with pytest.raises(Refused, match="1 to 100 letters"):
            account_name(wrong)


@pytest.mark.parametrize(
    "password", ["", "short", "x" * 201, "aaaaaaaaaaaaaa", "abababababababab", "ann and more"]
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(Refused):
        check_password(password, name="ann")


def test_a_row_of_words_is_a_password() -> None:
    check_password("correct horse battery", name="ann")


def test_roles_come_by_their_names() -> None:
    assert roles_of(["lead", "reader", "lead"]) == {"lead", "reader"}
    with pytest.raises(Refused, match="There is no role “king”"):
        roles_of(["king"])


def test_the_wait_begins_after_five_and_doubles_up_to_its_end() -> None:
    seconds = [wait_after(n).total_seconds() for n in (1, 4, 5, 6, 7, 9, 10, 10_000)]
    assert seconds == [0, 0, 30, 60, 120, 480, 900, 900]
    assert wait_after(10) == timedelta(minutes=15)
