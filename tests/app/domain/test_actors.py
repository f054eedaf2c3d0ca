"""Who does something."""

from typing import get_args

import pytest

from app.domain.actors import NOBODY, PROGRAM, ROLES, ROLES_WITH, Actor, Permission, Role
from app.domain.errors import Forbidden, Refused


def test_the_one_reader_at_this_machine_is_alone_and_one_of_several_is_not() -> None:
    assert Actor("Reader One").is_alone
    assert not Actor("Reader One", "reader").is_alone


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_an_actor_has_a_name_that_fits_its_column(name: str) -> None:
    with pytest.raises(Refused, match="1 to 200 characters"):
        Actor(name)


def test_there_is_no_actor_of_another_kind() -> None:
    with pytest.raises(ValueError, match="no actor of the kind"):
        Actor("Reader One", "robot")  # type: ignore[arg-type]


def signed_in(*roles: Role) -> Actor:
    return Actor("Reader One", "reader", frozenset(roles))


def test_the_table_says_what_each_role_may_do() -> None:
    may = {role: {p for p in ROLES_WITH if signed_in(role).may(p)} for role in ROLES}
    reader = {"see models", "see cases", "add images", "sign", "propose changes"}
    assert may["reader"] == reader
    assert may["adjudicator"] == reader | {"sign over others", "export", "send"}
    lead = {"delete", "change models", "run studies", "search archives"}
    assert may["lead"] == may["adjudicator"] | lead
    assert may["admin"] == {"see models", "manage users", "set up"}
    assert may["auditor"] == {"see models", "see the audit"}


def test_every_permission_is_in_the_table_and_several_roles_add_up() -> None:
    assert set(ROLES_WITH) == set(get_args(Permission))
    both = signed_in("reader", "auditor")
    assert both.may("sign") and both.may("see the audit") and not both.may("manage users")


def test_the_local_reader_and_the_program_may_do_everything_and_nobody_nothing() -> None:
    for permission in ROLES_WITH:
        assert Actor("Reader One").may(permission) and PROGRAM.may(permission)
        assert not NOBODY.may(permission) and not signed_in().may(permission)


def test_a_refusal_names_the_roles_that_it_takes() -> None:
    with pytest.raises(Forbidden, match="It takes the role adjudicator or lead"):
        signed_in("reader").check("export")
    with pytest.raises(Forbidden, match="not signed in"):
        NOBODY.check("see models")


def test_roles_are_no_part_of_who_somebody_is() -> None:
    assert signed_in("lead") == signed_in("reader")
    with pytest.raises(ValueError, match="does not exist"):
        Actor("Reader One", "reader", frozenset({"king"}))  # type: ignore[arg-type]
