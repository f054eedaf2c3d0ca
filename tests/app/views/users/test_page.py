"""The page of users, as an administrator sees it."""

import pytest

from app.domain.actors import Actor
from app.services.accounts import users
from app.services.workplace import Workplace
from tests.app.views.screen import Screen


@pytest.fixture
def page(workplace: Workplace, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Two administrators; one of them looks."""
    for name in ("root", "second"):
        users.add(workplace, name, roles=["admin"])
    root = Actor("root", "reader", frozenset({"admin"}))
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: root)
    return screen.run().open("users")


def test_one_reader_alone_has_no_users(screen: Screen) -> None:
    assert "Add a user" not in screen.text
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        screen.open("users")


def test_a_user_is_added_with_a_link_to_hand_over(page: Screen, workplace: Workplace) -> None:
    page.write("Name", "Ann Lee").press("Add")
    assert "without spaces" in " ".join(page.errors)
    page.write("Name", "Ann").press("Add")
    assert "ann sets a password at this address" in page.text.replace("*", "")
    (address,) = [code.value for code in page.app.code]
    assert address.startswith("http://localhost:8501/sign-in/link?key=")
    assert [user.name for user in users.all_users(workplace)] == ["ann", "root", "second"]


def test_a_user_is_changed_closed_and_opened(page: Screen, workplace: Workplace) -> None:
    page.choose("User", "second")
    page.press("Disable")
    assert [user.is_disabled for user in users.all_users(workplace)] == [False, True]
    page.choose("User", "root").press("Disable")
    assert "only administrator" in " ".join(page.errors)
    page.choose("User", "second").press("Enable")
    page.press("Make a link")
    assert "second sets a password" in page.text.replace("*", "")
    roles = next(field for field in page.app.multiselect if field.label == "Their roles")
    roles.set_value(["lead", "auditor"])
    page.run().press("Give these roles")
    assert users.all_users(workplace)[1].roles == {"lead", "auditor"}
