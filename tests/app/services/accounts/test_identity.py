"""The person of a session."""

from app.domain.actors import NOBODY, Actor
from app.services.accounts.identity import LOCAL, actor_of


def test_only_the_entrances_own_word_makes_the_local_reader() -> None:
    local = Actor("Reader One")
    assert actor_of(LOCAL, local=local) is local
    for session in (None, "", "Local", "Reader One"):
        assert actor_of(session, local=local) is NOBODY
