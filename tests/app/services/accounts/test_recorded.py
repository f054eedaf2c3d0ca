"""The audit says who came in, who was locked out, and who changed whose account, by their ids."""

from __future__ import annotations

import pytest

from app.domain.accounts.account import SignInRefused
from app.domain.actors import Actor
from app.services.accounts import sessions, sign_in, users
from app.services.workplace import Workplace

PASSWORD = "a long enough password"


def recorded(workplace: Workplace) -> list[tuple[str, str]]:
    with workplace.store.read() as tx:
        return [(entry.action, entry.actor) for entry in tx.audit.entries()]


def test_a_users_life_is_recorded_without_a_password_in_it(workplace: Workplace) -> None:
    root = workplace.of(Actor("root", "reader", frozenset({"admin"})))
    link = users.add(root, "ann", roles=["lead"])
    token = sign_in.set_by_link(workplace, link, password=PASSWORD)
    sessions.end(workplace, sessions.key_of(token))
    sign_in.sign_in(workplace, "ann", PASSWORD)
    users.set_roles(root, "ann", roles=["reader"])
    users.set_disabled(root, "ann", True)
    users.set_disabled(root, "ann", False)
    users.reset(root, "ann")
    assert recorded(workplace) == [
        ("user added", "root"),
        ("password set", "ann"),
        ("signed in", "ann"),
        ("signed out", "ann"),
        ("signed in", "ann"),
        ("roles changed", "root"),
        ("account closed", "root"),
        ("account opened", "root"),
        ("password reset", "root"),
    ]


def test_a_lock_out_is_recorded_without_the_name_that_was_tried(workplace: Workplace) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            sign_in.sign_in(workplace, "somebody", "a wrong password here")
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    assert [entry.action for entry in entries] == ["sign-in locked"]
    assert entries[0].actor == "nobody" and "somebody" not in repr(entries)
