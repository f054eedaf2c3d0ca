"""A study over predicted images, on a workplace with several people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.domain.actors import Actor, Role
from app.domain.studies.judgement import Judgement
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import Study, StudyCase
from app.services.inference import queue
from app.services.studies import managing, reading
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import CLASSES, FakePool, png

LEVELS = (200, 30, 210, 40)
"""Brightness: the fake pool says finding, none, finding, none."""


def acting(workplace: Workplace, name: str, role: Role = "reader") -> Workplace:
    """The workplace of somebody who signed in."""
    return workplace.of(Actor(name, "reader", frozenset({role})))


@dataclass
class People:
    """Who takes part."""

    lead: Workplace
    ann: Workplace
    ben: Workplace
    cho: Workplace
    """The adjudicator."""
    eve: Workplace
    """A reader who is in no study."""


@pytest.fixture
def people(workplace: Workplace) -> People:
    return People(
        acting(workplace, "lea", "lead"),
        acting(workplace, "ann"),
        acting(workplace, "ben"),
        acting(workplace, "cho", "adjudicator"),
        acting(workplace, "eve"),
    )


@pytest.fixture
def cases(workplace: Workplace, pool: FakePool) -> tuple[str, ...]:
    """Four images with their predictions."""
    taken = [
        intake.add(workplace, png(number, level=level), name=f"{number}.png").case_id or ""
        for number, level in enumerate(LEVELS)
    ]
    queue.run_pending(workplace, pool)
    return tuple(taken)


@pytest.fixture
def opened(people: People, cases: tuple[str, ...]) -> Callable[..., Study]:
    """An open study of all cases, read by Ann and Ben."""

    def open_one(chosen: tuple[str, ...] = cases, **protocol: Any) -> Study:
        made = managing.create(
            people.lead,
            name="First",
            protocol=Protocol("A study", CLASSES, "none", **protocol),
            cases=[StudyCase(case_id) for case_id in chosen],
            readers=("ann", "ben"),
            adjudicators=("cho",),
        )
        return managing.open_study(people.lead, made.study_id)

    return open_one


def lock(person: Workplace, study: Study, case_id: str, label: str = "finding", **more: Any) -> Any:
    """A first read."""
    said = {"confidence": 4, "active_seconds": 10.0} | more
    return reading.lock(person, case_id, study=study.study_id, label=label, **said)


def sign(
    person: Workplace, study: Study, case_id: str, verdict: str = "accept", **more: Any
) -> Any:
    """A second part."""
    judgement = Judgement(verdict, **{"confidence": 5, "active_seconds": 5.0} | more)  # type: ignore[arg-type]
    return reading.sign_read(person, case_id, study=study.study_id, judgement=judgement)
