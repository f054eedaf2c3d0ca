"""Tokens of programs: each is of a person as they are now, for a time, until it is revoked."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.domain.errors import NotFound, Refused
from app.services.accounts import api_tokens, sessions, users
from app.services.workplace import Workplace
from tests.app.services.accounts.conftest import Hand

LOCAL = Actor("local")


def whose(workplace: Workplace, token: str) -> tuple[str, frozenset[str]] | None:
    found = api_tokens.whose(workplace, token, local=LOCAL)
    return None if found is None else (found[1].name, frozenset(found[1].roles))


def test_a_token_has_its_persons_roles_of_the_moment(workplace: Workplace, ann: str) -> None:
    token = api_tokens.make(workplace, "night batch", user="Ann")
    assert whose(workplace, token) == ("ann", {"reader"})
    users.set_roles(workplace, "ann", roles=["lead"])
    assert whose(workplace, token) == ("ann", {"lead"})
    users.set_disabled(workplace, "ann", True)
    assert whose(workplace, token) is None
    users.set_disabled(workplace, "ann", False)
    assert whose(workplace, token) == ("ann", {"lead"})


def test_a_token_is_over_in_time_or_when_it_is_revoked(
    workplace: Workplace, ann: str, hand: Hand
) -> None:
    short = api_tokens.make(workplace, "short", user="ann", days=1)
    usual = api_tokens.make(workplace, "usual", user="ann")
    hand.move(days=1)
    assert whose(workplace, short) is None and whose(workplace, usual) is not None
    listed = {token.title: token for token in api_tokens.all_tokens(workplace)}
    assert listed["usual"].used_at == hand.now and listed["short"].used_at is None
    assert listed["usual"].owner == "ann"
    api_tokens.revoke(workplace, listed["usual"].token_id)
    assert whose(workplace, usual) is None
    with pytest.raises(NotFound, match="There is no token"):
        api_tokens.revoke(workplace, listed["usual"].token_id)


def test_the_token_itself_is_kept_nowhere(workplace: Workplace, ann: str) -> None:
    token = api_tokens.make(workplace, "a program", user="ann")
    with workplace.store.read() as tx:
        assert tx.api_tokens.with_key(token) is None
        assert tx.api_tokens.with_key(sessions.key_of(token)) is not None
        said = [(entry.action, entry.actor) for entry in tx.audit.entries()]
        assert token not in repr(list(tx.audit.entries()))
    assert ("token made", workplace.actor.name) in said


def test_what_no_token_can_be_made_of_is_refused(workplace: Workplace, ann: str) -> None:
    for title, user, days in (
        ("", "ann", None),
        ("x" * 101, "ann", None),
        ("fine", None, None),
        ("fine", "ann", 0),
        ("fine", "ann", 367),
    ):
        with pytest.raises(Refused):
            api_tokens.make(workplace, title, user=user, days=days)
    with pytest.raises(NotFound):
        api_tokens.make(workplace, "fine", user="nobody")
    assert api_tokens.all_tokens(workplace) == ()


def test_nobody_elses_words_are_a_token(workplace: Workplace) -> None:
    for text in ("", "x", "é" * 300, "\ud800"):
        assert whose(workplace, text) is None
