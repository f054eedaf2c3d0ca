"""Who does something."""

import pytest

from app.domain.actors import Actor
from app.domain.errors import Refused


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
