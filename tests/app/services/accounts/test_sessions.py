"""Sessions end when they are idle, old, revoked, or their account is closed."""

from app.services.accounts import sessions, sign_in, users
from app.services.workplace import Workplace
from tests.app.services.accounts.conftest import PASSWORD, Hand


def is_known(workplace: Workplace, token: str) -> bool:
    return sessions.account_of(workplace, sessions.key_of(token)) is not None


def test_a_session_knows_its_person_and_the_database_holds_no_token(
    workplace: Workplace, ann: str
) -> None:
    account = sessions.account_of(workplace, sessions.key_of(ann))
    assert account is not None and account.actor.name == "ann"
    assert account.actor.roles == {"reader"}
    assert not is_known(workplace, ann + "x")
    assert sessions.account_of(workplace, ann) is None, "a token is no key"


def test_a_session_that_is_used_goes_on_and_one_that_is_idle_ends(
    workplace: Workplace, ann: str, hand: Hand
) -> None:
    for _ in range(4):
        hand.move(minutes=25)
        assert is_known(workplace, ann)
    hand.move(minutes=31)
    assert not is_known(workplace, ann)
    hand.move(minutes=-31)
    assert not is_known(workplace, ann), "it ended for good"


def test_no_session_outlives_its_day(workplace: Workplace, ann: str, hand: Hand) -> None:
    for _ in range(48):
        assert is_known(workplace, ann)
        hand.move(minutes=15, seconds=1)
    assert not is_known(workplace, ann)


def test_signing_out_ends_this_session_alone(workplace: Workplace, ann: str) -> None:
    other = sign_in.sign_in(workplace, "ann", PASSWORD)
    sessions.end(workplace, sessions.key_of(ann))
    assert not is_known(workplace, ann) and is_known(workplace, other)


def test_other_roles_and_a_closed_account_sign_out_everywhere(
    workplace: Workplace, ann: str
) -> None:
    users.set_roles(workplace, "ann", roles=["lead"])
    assert not is_known(workplace, ann)
    again = sign_in.sign_in(workplace, "ann", PASSWORD)
    users.set_disabled(workplace, "ann", True)
    assert not is_known(workplace, again)
