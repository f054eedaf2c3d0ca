"""The page of studies, looked at by different people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.actors import Actor, Role
from app.domain.studies.judgement import Judgement
from app.domain.studies.protocol import Arm, Protocol
from app.domain.studies.study import Study, StudyCase
from app.services.studies import managing, reading
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import CLASSES, png
from tests.app.views.screen import Screen

LOOK = "app.views.shared.workplace.page_actor"


def actor(name: str, role: Role) -> Actor:
    """Somebody who signed in."""
    return Actor(name, "reader", frozenset({role}))


LEA, ANN, BEN, CHO = (
    actor("lea", "lead"),
    actor("ann", "reader"),
    actor("ben", "reader"),
    actor("cho", "adjudicator"),
)


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch, screen: Screen) -> Callable[[Actor], Screen]:
    """Open the page of studies as somebody."""

    def as_somebody(somebody: Actor) -> Screen:
        monkeypatch.setattr(LOOK, lambda shared: somebody)
        return screen.open("studies")

    return as_somebody


@pytest.fixture
def cases(workplace: Workplace, worker: Callable[[], int]) -> list[str]:
    """Two images, which are predicted."""
    taken = [
        intake.add(workplace, png(n, level=200), name=f"{n}.png").case_id or "" for n in range(2)
    ]
    worker()
    return taken


@pytest.fixture
def study(workplace: Workplace, cases: list[str]) -> Callable[..., Study]:
    """Make a study that is open."""

    def made(arm: Arm = "alone") -> Study:
        lead = workplace.of(LEA)
        draft = managing.create(
            lead,
            name="*First* study",
            protocol=Protocol("t", CLASSES, "none", arms=(arm,)),
            cases=[StudyCase(case_id) for case_id in cases],
            readers=("ann", "ben"),
            adjudicators=("cho",),
        )
        return managing.open_study(lead, draft.study_id)

    return made


def read(workplace: Workplace, who: Actor, study: Study, case_id: str, label: str) -> None:
    """One whole read."""
    place = workplace.of(who)
    key = study.study_id
    reading.lock(place, case_id, study=key, label=label, confidence=4, active_seconds=30.0)
    if study.protocol.arms == ("sequential",):
        reading.sign_read(place, case_id, study=key, judgement=Judgement("accept", 3))
