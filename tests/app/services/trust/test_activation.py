"""Which model is active takes two persons where people sign in, and one where there is one."""

from pathlib import Path

import pytest

from app.domain.actors import Actor
from app.domain.errors import Forbidden, Refused
from app.services import models
from app.services.trust.activation import AskedActivation, asked_activation
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import make_workplace

ANN, BEN = (Actor(name, "reader", frozenset({"lead"})) for name in ("ann", "ben"))


@pytest.fixture
def workplace(sqlite_url: str, tmp_path: Path, assets: Path) -> Workplace:
    return make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))


def named(workplace: Workplace) -> str:
    active = models.active(workplace)
    return active.name if active else ""


def test_one_asks_and_another_confirms(workplace: Workplace) -> None:
    before, wanted = named(workplace), workplace.models.find("chest-phantom")
    assert wanted is not None and before != wanted.name
    ann, ben = workplace.of(ANN), workplace.of(BEN)
    models.set_active(ann, wanted.digest)
    assert named(workplace) == before
    assert asked_activation(ben) == AskedActivation(wanted.digest, "ann")
    with pytest.raises(Refused, match="Another person"):
        models.set_active(ann, wanted.digest)
    models.set_active(ben, wanted.digest)
    assert named(workplace) == wanted.name and asked_activation(ann) is None
    with workplace.store.read() as tx:
        done = [(e.action, e.actor) for e in tx.audit.entries()]
    assert done == [("model activation asked for", "ann"), ("model activated", "ben")]


def test_another_wish_takes_the_place_of_the_first(workplace: Workplace) -> None:
    first, second = (info.digest for info in models.all(workplace))
    models.set_active(workplace.of(ANN), first)
    models.set_active(workplace.of(BEN), second)
    assert asked_activation(workplace) == AskedActivation(second, "ben")


def test_the_only_reader_decides_alone_and_a_reader_without_the_role_not_at_all(
    workplace: Workplace,
) -> None:
    wanted = workplace.models.find("chest-phantom")
    assert wanted is not None
    with pytest.raises(Forbidden):
        models.set_active(workplace.of(Actor("cy", "reader", frozenset({"reader"}))), wanted.digest)
    models.set_active(workplace, wanted.digest)
    assert named(workplace) == wanted.name
