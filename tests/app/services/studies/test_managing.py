"""A lead creates a study, opens it, watches it and closes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.actors import PROGRAM
from app.domain.cases import CaseFilters
from app.domain.errors import Conflict, Forbidden, NotFound, Refused
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import Study, StudyCase
from app.services import batches, models, review
from app.services.inference import queue
from app.services.studies import managing
from tests.app.services.studies.conftest import People, lock, sign
from tests.app.services.workplaces import CLASSES, FakePool, png

PROTOCOL = Protocol("A study", CLASSES, "none")
Opened = Callable[..., Study]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What both databases have to do alike is tested with reading and with the rows."""
    return sqlite_url


def test_a_draft_is_filled_changed_and_discarded(people: People, cases: tuple[str, ...]) -> None:
    draft = managing.create(people.lead, name=" First ", protocol=PROTOCOL)
    assert (draft.name, draft.state, draft.cases, draft.created_by) == ("First", "draft", 0, "lea")
    assert draft.protocol == PROTOCOL and draft.protocol_digest == PROTOCOL.digest
    filled = managing.change(
        people.lead, draft.study_id, cases=[StudyCase(cases[1])], readers=("ann",)
    )
    assert (filled.cases, filled.readers, filled.adjudicators) == (1, ("ann",), ())
    with pytest.raises(Refused, match="none is named"):
        managing.open_study(people.lead, draft.study_id)
    managing.discard(people.lead, draft.study_id)
    assert managing.studies(people.lead) == ()


NOT_READABLE = (
    ({"cases": ()}, "no cases"),
    ({"readers": ()}, "no readers"),
    ({"readers": ("ann", "cho")}, "reader and as an adjudicator"),
    ({"readers": ("ann", "ann")}, "twice"),
)


def test_a_study_that_nobody_could_read_is_not_opened(
    people: People, cases: tuple[str, ...]
) -> None:
    whole = {"cases": [StudyCase(cases[0])], "readers": ("ann",), "adjudicators": ("cho",)}
    for changed, sentence in NOT_READABLE:
        with pytest.raises(Refused, match=sentence):
            made = managing.create(people.lead, name="X", protocol=PROTOCOL, **whole | changed)  # type: ignore[arg-type]
            managing.open_study(people.lead, made.study_id)


def test_the_labels_hold_what_the_model_can_say(people: People, cases: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="none of the protocol's labels"):
        managing.create(people.lead, name="X", protocol=Protocol("t", ("none", "yes"), "none"))


def test_cases_of_another_model_are_not_read_in_it(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    other = next(info for info in models.all(people.lead) if info.digest != _model(people, cases))
    review.set_case_model(people.lead, cases[0], other.digest)
    with pytest.raises(Refused, match="1 of these cases are read with another model"):
        opened()
    study = opened(cases[1:])
    with pytest.raises(Refused, match="study that is open"):
        review.set_case_model(people.lead, cases[1], other.digest)
    with pytest.raises(Refused, match="study that is open"):
        review.follow_site(people.lead, cases[1])
    managing.close_study(people.lead, study.study_id)
    review.set_case_model(people.lead, cases[1], other.digest)


def _model(people: People, cases: tuple[str, ...]) -> str | None:
    return review.open_case(people.lead, cases[0]).model


def test_one_image_is_not_hidden_and_shown_to_one_reader_at_once(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    first = opened(cases[:2])
    with pytest.raises(Conflict, match="in the study “First”"):
        opened(cases[1:])
    managing.close_study(people.lead, first.study_id)
    opened(cases[1:])


def test_an_open_study_does_not_change(people: People, opened: Opened) -> None:
    study = opened()
    for step in (managing.open_study, managing.discard):
        with pytest.raises(Refused, match="no longer changed"):
            step(people.lead, study.study_id)
    with pytest.raises(Refused, match="no longer changed"):
        managing.change(people.lead, study.study_id, readers=("eve",))
    closed = managing.close_study(people.lead, study.study_id)
    assert closed.state == "closed" and closed.closed_at is not None
    with pytest.raises(Refused, match="not open"):
        managing.close_study(people.lead, study.study_id)


def test_readers_see_the_studies_they_are_named_in(people: People, opened: Opened) -> None:
    study = opened()
    for person in (people.lead, people.ann, people.cho):
        assert [one.study_id for one in managing.studies(person)] == [study.study_id]
    assert managing.studies(people.eve) == ()
    with pytest.raises(NotFound):
        managing.study(people.eve, study.study_id)
    with pytest.raises(Forbidden):
        managing.progress(people.ann, study.study_id)


def test_progress_counts_reads_and_takes_the_middle_of_their_times(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened()
    for case_id, seconds in zip(cases[:3], (10.0, 40.0, 20.0), strict=True):
        lock(people.ann, study, case_id, active_seconds=seconds)
    sign(people.ann, study, cases[0], active_seconds=2.0)
    sign(people.ann, study, cases[1], verdict="supplement", text="x", active_seconds=2.0)
    ann, ben = managing.progress(people.lead, study.study_id)
    assert (ann.reader, ann.done, ann.total, ann.median_seconds) == ("ann", 2, 4, 27.0)
    assert (ben.done, ben.total, ben.median_seconds, ben.last_at) == (0, 4, None, None)


def test_cases_come_from_a_filter_or_a_batch(
    people: People, cases: tuple[str, ...], pool: FakePool
) -> None:
    bright = managing.matching_cases(people.lead, CaseFilters(label="finding", order="oldest"))
    assert bright == (StudyCase(cases[0]), StudyCase(cases[2]))
    batch = batches.start_upload(people.lead, [("a.png", png(7)), ("b.png", png(8))])
    queue.run_pending(people.lead.of(PROGRAM), pool)
    assert len(managing.cases_of_batch(people.lead, batch.job_id)) == 2
    assert len(managing.matching_cases(people.lead)) == 6
