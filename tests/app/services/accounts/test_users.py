"""Users, as an administrator looks after them."""

import pytest

from app.domain.errors import NotFound, Refused
from app.services.accounts import users
from app.services.workplace import Workplace


def test_users_are_listed_with_what_they_are(workplace: Workplace, ann: str) -> None:
    users.add(workplace, "zoe", roles=["lead", "admin"])
    listed = [(u.name, u.roles, u.has_password, u.is_disabled) for u in users.all_users(workplace)]
    assert listed == [("ann", {"reader"}, True, False), ("zoe", {"lead", "admin"}, False, False)]


def test_no_two_users_have_one_name_and_every_user_has_a_role_that_exists(
    workplace: Workplace, ann: str
) -> None:
    with pytest.raises(Refused, match="There is a user “ann” already"):
        users.add(workplace, "ANN", roles=["lead"])
    for roles in ([], ["king"]):
        with pytest.raises(Refused):
            users.add(workplace, "bob", roles=roles)
        with pytest.raises(Refused):
            users.set_roles(workplace, "ann", roles=roles)
    with pytest.raises(NotFound, match="There is no user “bob”"):
        users.reset(workplace, "bob")


def test_the_last_administrator_stays_one(workplace: Workplace) -> None:
    users.add(workplace, "root", roles=["admin"])
    for change in (
        lambda: users.set_disabled(workplace, "root", True),
        lambda: users.set_roles(workplace, "root", roles=["reader"]),
    ):
        with pytest.raises(Refused, match="only administrator"):
            change()
    users.add(workplace, "second", roles=["admin", "lead"])
    users.set_disabled(workplace, "root", True)
    with pytest.raises(Refused, match="only administrator"):
        users.set_disabled(workplace, "second", True)
    users.set_disabled(workplace, "root", False)
    users.set_roles(workplace, "second", roles=["lead"])
