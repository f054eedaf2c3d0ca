"""How somebody comes in, in words."""

from dataclasses import replace

from app.domain.accounts.account import Account
from app.views.users.accounts import way_in
from tests.app.services.workplaces import START


def test_each_way_in_has_its_words() -> None:
    user = Account("a1", "ann", frozenset({"lead"}), False, START, has_password=False)
    assert way_in(user) == "a link, not used yet"
    assert way_in(replace(user, has_password=True)) == "a password"
    assert way_in(replace(user, subject="issuer 7")) == "the sign-in service"
