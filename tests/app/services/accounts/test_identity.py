"""The person of a session."""

from dataclasses import replace

from app.domain.actors import NOBODY, Actor
from app.services.accounts import users
from app.services.accounts.identity import LOCAL, actor_of
from app.services.accounts.sessions import key_of
from app.services.workplace import Workplace

READER = Actor("Reader One")


def test_only_the_entrances_own_word_makes_the_local_reader(workplace: Workplace) -> None:
    local = replace(workplace, settings=replace(workplace.settings, sign_in="token"))
    assert actor_of(local, LOCAL, local=READER) is READER
    for session in (None, "", "Local", "Reader One"):
        assert actor_of(local, session, local=READER) is NOBODY


def test_with_accounts_there_is_no_local_reader(workplace: Workplace, ann: str) -> None:
    assert actor_of(workplace, LOCAL, local=READER) is NOBODY
    actor = actor_of(workplace, key_of(ann), local=READER)
    assert (actor.name, actor.kind, actor.roles) == ("ann", "reader", {"reader"})
    users.set_disabled(workplace, "ann", True)
    assert actor_of(workplace, key_of(ann), local=READER) is NOBODY
