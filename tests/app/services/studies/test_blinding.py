"""Until a reader has locked their own read, nothing of the model's answer reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.domain.actors import PROGRAM, Actor
from app.domain.cases import CaseFilters
from app.domain.errors import Forbidden
from app.domain.figures.batch_view import BatchFilters
from app.domain.interventions.changes import Change
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.server.routes.api import own_routes
from app.services import annotations, batch_export, batches, explanations, review
from app.services.inference import queue
from app.services.interventions import asking
from app.services.studies import blinding, managing, reading
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.asking import ask
from tests.app.server.servers import let_in
from tests.app.services.studies.blind_walk import (
    HIDDEN_PLACES,
    LABEL,
    PROBABILITY,
    REMARK,
    PlantedPool,
    walk,
)
from tests.app.services.workplaces import (
    CLASSES,
    by_brightness,
    dicom,
    make_workplace,
    png,
)

ALL = frozenset({"reader", "adjudicator", "lead"})
ANN, BEN = Actor("ann", "reader", ALL), Actor("ben", "reader", ALL)


@dataclass
class Planted:
    """A blind reader, and a case about which everything is known."""

    ann: Workplace
    ben: Workplace
    case_id: str
    study_id: str
    batch_id: str
    explanation_id: str
    job_id: str
    model: str

    @property
    def given(self) -> dict[str, object]:
        return {
            "case_id": self.case_id,
            "into": self.ann.settings.data / "dicom-out",
            "case_ids": [self.case_id],
            "study": self.study_id,
            "study_id": self.study_id,
            "job_id": self.batch_id,
            "explanation_id": self.explanation_id,
            "model": self.model,
            "digest": self.model,
            "frame": 0,
            "number": 0,
            "prototype": "p00",
            "folder": ".",
            "verdict": "accept",
            "confidence": 3,
            "expected_revision": 1,
            "around": self.case_id,
            "before": self.case_id,
            "after": self.case_id,
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        return (LABEL, str(PROBABILITY)[:7], REMARK, self.explanation_id)


@pytest.fixture
def planted(tmp_path: Path, assets: Path, empty_sqlite: Path, readers: None) -> Iterator[Planted]:
    """A case in a batch with prediction, heatmaps, another reader's signature, and a study that
    reads it."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    ann, ben, program = opened.of(ANN), opened.of(BEN), opened.of(PROGRAM)
    pool = PlantedPool(most=1)  # the batch's other image may show what it is called
    batch = batches.start_upload(ben, [("a.dcm", dicom(1)), ("b.dcm", dicom(2))])
    queue.run_pending(program, pool)
    case_id = batches.rows(ben, batch.job_id).rows[0].case_id or ""
    model = review.open_case(ben, case_id).model or ""
    asked = explanations.request(ben, case_id, node="class:finding")
    queue.run_pending(program, pool)
    saved = explanations.progress(ben, asked.job_id).explanation_id or ""  # type: ignore[union-attr]
    review.sign(ben, case_id, verdict="accept", confidence=5, expected_revision=0, text=REMARK)
    made = managing.create(
        ben,
        name="Blind",
        protocol=Protocol("t", CLASSES, "none", adjudication="never"),
        cases=[StudyCase(case_id)],
        readers=("ann",),
    )
    managing.open_study(ben, made.study_id)
    job = asked.job_id  # type: ignore[union-attr]
    yield Planted(ann, ben, case_id, made.study_id, batch.job_id, saved, job, model)
    opened.close()


def test_no_service_gives_a_blind_reader_anything_of_the_answer(planted: Planted) -> None:
    blind = walk(planted.ann, planted.given, planted.secrets)
    assert blind.revealing == set()
    assert set(HIDDEN_PLACES) | {"explanations.get", "review.signing.sign"} <= blind.forbidden
    with pytest.raises(Forbidden):
        explanations.progress(planted.ann, planted.job_id)
    with pytest.raises(Forbidden):
        asking.request(planted.ann, planted.case_id, frame=0, change=Change(off=("p00",)))
    seen = walk(planted.ben, planted.given, planted.secrets)
    assert {
        "annotations.export",
        "annotations.search",
        "batch_export.as_csv",
        "batch_export.as_json",
        "batch_export.as_parquet",
        "batch_export.as_zip",
        "batches.rows",
        "explanations.get",
        "review.listing.list_cases",
        "review.opening.open_case",
    } <= seen.revealing
    assert seen.forbidden.isdisjoint(HIDDEN_PLACES)
    lock(planted)
    after = walk(planted.ann, planted.given, planted.secrets)
    assert after.revealing >= seen.revealing - {"review.signing.sign"}
    assert after.forbidden == {
        "studies.adjudicating.cases_to_decide",  # who is no adjudicator
        "studies.exporting.export",  # whose own read is not signed
        "studies.outcomes.study_results",
    }


def test_no_route_gives_a_blind_reader_anything_of_the_answer(planted: Planted) -> None:
    blind, seeing = paths(planted, ANN), paths(planted, BEN)
    assert blind == dict.fromkeys(seeing, 403)
    assert seeing == dict.fromkeys(seeing, 200)
    lock(planted)
    assert paths(planted, ANN) == paths(planted, BEN)


def paths(planted: Planted, actor: Actor) -> dict[str, int]:
    """The status of each route that gives something of a case; the image itself is always there."""
    routes = own_routes(lambda: planted.ann)
    app = Starlette(routes=routes, middleware=[Middleware(let_in(actor))])
    case, model = planted.case_id, planted.model
    asked = {
        "heatmap": f"/api/heatmap/{planted.explanation_id}",
        "instant-map": f"/api/instant-map/{case}/0/{model}/1",
        "own-map": f"/api/own-map/{case}/0/{model}/p00/map",
        "a program's heatmap": f"/api/v1/explanations/{planted.explanation_id}/heatmap",
        "a program's job": f"/api/v1/jobs/{planted.job_id}",
        **{
            f"a program's {what}": f"/api/v1/cases/{case}/frames/0/{what}"
            for what in ("prediction", "explanations", "annotations")
        },
    }
    of_cases = {part.path.split("/")[2] for part in routes if "{case}" in part.path}
    # What the room gives is asked for by the walk through its services.
    own = {"heatmap", "instant-map", "own-map"}
    assert of_cases | {"heatmap"} == own | {"pixels", "thumbnail", "room", "v1"}
    assert own <= set(asked)
    assert ask(app, f"/api/pixels/{case}/0")[0] == 200
    return {name: ask(app, path)[0] for name, path in asked.items()}


def lock(planted: Planted) -> None:
    reading.lock(
        planted.ann,
        planted.case_id,
        study=planted.study_id,
        label="none",
        confidence=2,
        active_seconds=3.0,
    )


def test_the_same_pixels_under_another_header_are_hidden_too(
    planted: Planted,
) -> None:
    twin = dicom(1).replace(b"1.2.3.1", b"1.2.3.7")
    case_id = intake.add(planted.ben, twin, name="twin.dcm").case_id or ""
    queue.run_pending(planted.ben.of(PROGRAM), PlantedPool())
    assert review.open_case(planted.ben, planted.case_id).twins[0].case_id == case_id
    assert review.open_case(planted.ben, case_id).prediction is not None
    sheet = review.open_case(planted.ann, case_id)
    assert sheet.is_hidden and sheet.prediction is None
    lock(planted)
    assert review.open_case(planted.ann, case_id).prediction is not None


def test_a_refusal_is_as_hidden_as_a_prediction(workplace: Workplace) -> None:
    """Neither a row, nor a count, nor a filter tells which images the model refused."""
    pool = PlantedPool(gate=by_brightness)
    ann = workplace.of(ANN)
    batch = batches.start_upload(ann, [("d.png", png(1, level=5)), ("b.png", png(2, level=230))])
    queue.run_pending(workplace, pool)
    assert batches.progress(ann, batch.job_id).counts == {"refused": 1, "done": 1}
    blinding.set_reads_first(ann, True)
    assert batches.progress(ann, batch.job_id).counts == {"done": 2}
    assert {one.counts["done"] for one in batches.batches(ann)} == {2}
    assert batches.rows(ann, batch.job_id, filters=BatchFilters(states=("refused",))).total == 0
    done = batches.rows(ann, batch.job_id, filters=BatchFilters(states=("done",))).rows
    assert [(row.state, row.support, row.is_hidden) for row in done] == [("done", None, True)] * 2
    assert batch_export.as_csv(ann, batch.job_id).count(b"Hidden until") == 2
    for filters in (CaseFilters(status="refused"), CaseFilters(label=LABEL)):
        assert review.list_cases(ann, filters).total == 0
    rows = review.list_cases(ann, CaseFilters(status="new")).rows
    assert [(row.status, row.label, row.is_hidden) for row in rows] == [("new", None, True)] * 2
    dark = next(row.case_id for row in done if row.name == "d.png")
    reading.lock(ann, dark, label="none", confidence=1, active_seconds=1.0)
    assert batches.progress(ann, batch.job_id).counts == {"refused": 1, "done": 1}
    assert review.list_cases(ann, CaseFilters(status="refused")).total == 1


def test_an_order_by_probability_tells_nothing_of_hidden_images(workplace: Workplace) -> None:
    ann = workplace.of(ANN)
    taken = [intake.add(ann, png(n, level=60 * n), name=f"{n}.png").case_id for n in range(4)]
    queue.run_pending(workplace, PlantedPool())
    by_id = sorted((str(case_id) for case_id in taken), reverse=True)
    blinding.set_reads_first(ann, True)
    shown = [row.case_id for row in review.list_cases(ann, CaseFilters(order="probability")).rows]
    newest = [row.case_id for row in review.list_cases(ann).rows]
    assert shown == newest, "no order that would tell it"
    reading.lock(ann, by_id[2], label="none", confidence=1, active_seconds=1.0)
    shown = [row.case_id for row in review.list_cases(ann, CaseFilters(order="probability")).rows]
    assert shown == newest


def test_an_adjudicator_is_blind_until_they_decide_unless_the_protocol_lets_them(
    planted: Planted,
) -> None:
    cho = planted.ann.of(Actor("cho", "reader", frozenset({"adjudicator"})))
    other = review.list_cases(planted.ben).rows
    free = next(row.case_id for row in other if row.case_id != planted.case_id)
    for sees in (False, True):
        made = managing.create(
            planted.ben,
            name="X",
            protocol=Protocol("t", CLASSES, "none", adjudicator_sees_ai=sees),
            cases=[StudyCase(free)],
            readers=("eve",),
            adjudicators=("cho",),
        )
        managing.open_study(planted.ben, made.study_id)
        assert review.open_case(cho, free).is_hidden is not sees
        managing.close_study(planted.ben, made.study_id)
    assert not review.open_case(cho, free).is_hidden


def test_a_frame_that_was_not_read_stays_hidden(workplace: Workplace) -> None:
    ann = workplace.of(ANN)
    case_id = intake.add(ann, dicom(1, frames=2), name="two.dcm").case_id or ""
    queue.run_pending(workplace, PlantedPool())
    for frame in (0, 1):
        review.open_case(ann, case_id, frame=frame)
    queue.run_pending(workplace, PlantedPool())
    blinding.set_reads_first(ann, True)
    reading.lock(ann, case_id, label="none", confidence=1, active_seconds=1.0)
    assert review.open_case(ann, case_id, frame=0).prediction is not None
    assert review.open_case(ann, case_id, frame=1).prediction is None
    ben = workplace.of(BEN)
    for frame in (0, 1):
        review.sign(ben, case_id, frame=frame, verdict="accept", confidence=3, expected_revision=0)
    assert [row.annotation.frame for row in annotations.search(ann).rows] == [0]
    assert annotations.search(ben).total == 2
