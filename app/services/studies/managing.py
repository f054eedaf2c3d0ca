"""Studies as their lead makes them: created, filled, opened, watched and closed."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from app.domain.actors import ROLES_WITH
from app.domain.cases import CaseFilters
from app.domain.errors import Conflict, NotFound, Refused
from app.domain.permissions import needs
from app.domain.studies.order import plan
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import (
    MOST_CASES,
    ReaderProgress,
    Study,
    StudyCase,
    check_study,
)
from app.services import jobs, models, review
from app.services.audit.recording import record_study
from app.services.checks import site_choice
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

_PAGE = 500  # cases of a filter that are looked up at a time


@needs("see cases")
def studies(workplace: Workplace) -> tuple[Study, ...]:
    """The studies there are, newest first: all for a lead, and for others those they are named
    in."""
    with workplace.store.read() as tx:
        found = tx.studies.all()
    return tuple(study for study in found if _may_see(workplace, study))


@needs("see cases")
def study(workplace: Workplace, study_id: str) -> Study:
    """One study.

    Raises:
        NotFound: there is none of this id, or whoever asks is not named in it.
    """
    with workplace.store.read() as tx:
        found = tx.studies.get(study_id)
    if not _may_see(workplace, found):
        raise NotFound("This study does not exist. Open the page of studies again.")
    return found


@needs("run studies")
def candidates(workplace: Workplace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who can read, and who can decide where readers differ."""
    if workplace.settings.sign_in == "token":
        return (workplace.reader,), (workplace.reader,)
    with workplace.store.read() as tx:
        accounts = [account for account in tx.accounts.all() if not account.is_disabled]
    may = [
        tuple(a.name for a in accounts if not a.roles.isdisjoint(ROLES_WITH[permission]))
        for permission in ("sign", "sign over others")
    ]
    return may[0], may[1]


@needs("run studies")
def matching_cases(
    workplace: Workplace, filters: CaseFilters | None = None
) -> tuple[StudyCase, ...]:
    """The cases that a filter leaves, in the order of the list."""
    found: list[StudyCase] = []
    page = 0
    while True:
        part = review.list_cases(workplace, filters, page=page, size=_PAGE)
        if part.total > MOST_CASES:
            raise Refused(
                f"{part.total} cases are chosen; a study has at most {MOST_CASES}. Narrow them."
            )
        found += [StudyCase(row.case_id) for row in part.rows]
        page += 1
        if page >= part.pages:
            return tuple(found)


@needs("run studies")
def cases_of_batch(workplace: Workplace, job_id: str) -> tuple[StudyCase, ...]:
    """The cases that a batch made, in its order, each once."""
    with workplace.store.read() as tx:
        found = [row.case_id for row in tx.batch_report.iterate(job_id) if row.case_id]
    return tuple(StudyCase(case_id) for case_id in dict.fromkeys(found))


@needs("run studies")
def create(
    workplace: Workplace,
    *,
    name: str,
    protocol: Protocol,
    cases: Iterable[StudyCase] = (),
    readers: Sequence[str] = (),
    adjudicators: Sequence[str] = (),
    model: str | None = None,
) -> Study:
    """Create a study as a draft.

    Args:
        workplace: where.
        name: of the study.
        protocol: what it does.
        cases: that are read, in their order.
        readers: by name.
        adjudicators: by name.
        model: digest of the bundle; the active one when left out. With it go the site's settings
            that are in use for it now.

    Raises:
        Refused: there is no model, its classes are not among the labels, or somebody or something
            is named that cannot be.
    """
    info = models.approved(workplace, model) if model else models.active(workplace)
    if info is None:
        raise Refused("There is no model. Add one with: python -m app models add DIR")
    missing = [label for label in info.classes if label not in protocol.labels]
    if protocol.shows_ai and missing:
        raise Refused(
            f"The model can say “{missing[0]}”, which is none of the protocol's labels. Add it."
        )
    check_study(
        name=name, readers=tuple(readers), adjudicators=tuple(adjudicators), protocol=protocol
    )
    with workplace.store.write() as tx:
        made = Study(
            study_id=jobs.new_id(),
            name=name.strip(),
            state="draft",
            protocol=protocol,
            protocol_digest=protocol.digest,
            model=info.digest,
            model_name=info.name,
            site=site_choice.in_use(tx, info.digest),
            readers=tuple(readers),
            adjudicators=tuple(adjudicators),
            created_by=workplace.reader,
            created_at=workplace.clock(),
        )
        tx.studies.add(made)
        _fill(tx, made.study_id, tuple(cases))
        record_study(workplace, tx, "study created", made)
        return tx.studies.get(made.study_id)


@needs("run studies")
def change(
    workplace: Workplace,
    study_id: str,
    *,
    cases: Iterable[StudyCase] | None = None,
    readers: Sequence[str] | None = None,
    adjudicators: Sequence[str] | None = None,
) -> Study:
    """Choose other cases or people for a draft; what is left out stays.

    Raises:
        NotFound: there is no such study, or no such case.
        Refused: it is no draft any more, or somebody or something is named that cannot be.
    """
    with workplace.store.write() as tx:
        draft = _draft(tx, study_id)
        people = (
            draft.readers if readers is None else tuple(readers),
            draft.adjudicators if adjudicators is None else tuple(adjudicators),
        )
        check_study(
            name=draft.name, readers=people[0], adjudicators=people[1], protocol=draft.protocol
        )
        tx.studies.set_people(study_id, readers=people[0], adjudicators=people[1])
        if cases is not None:
            _fill(tx, study_id, tuple(cases))
        record_study(workplace, tx, "study changed", draft)
        return tx.studies.get(study_id)


@needs("run studies")
def discard(workplace: Workplace, study_id: str) -> None:
    """Remove a draft."""
    with workplace.store.write() as tx:
        draft = _draft(tx, study_id)
        tx.studies.delete(study_id)
        record_study(workplace, tx, "study discarded", draft)


@needs("run studies")
def open_study(workplace: Workplace, study_id: str) -> Study:
    """Let the readers read: each gets their order, and what the model says is hidden from them.

    Raises:
        Conflict: an image is hidden from one of the readers by another open study.
        NotFound: there is no such study.
        Refused: it is no draft, has no cases or readers, or cases that another model reads.
    """
    with workplace.store.write() as tx:
        draft = _draft(tx, study_id)
        _check_complete(tx, draft)
        other = tx.studies.blind_elsewhere(draft)
        if other is not None:
            raise Conflict(
                f"{other[0]} still reads one of these images in the study “{other[1]}”, where it "
                "is hidden from them. Close that study first, or choose other images."
            )
        cases = tx.studies.cases(study_id)
        tx.studies.plan(study_id, plan(draft.protocol, cases, draft.readers))
        tx.studies.set_state(study_id, "open", workplace.clock())
        record_study(workplace, tx, "study opened", draft)
        return tx.studies.get(study_id)


@needs("run studies")
def close_study(workplace: Workplace, study_id: str) -> Study:
    """End the reading: nothing is added to the study any more, and nothing is hidden by it.

    Raises:
        NotFound: there is no such study.
        Refused: it is not open.
    """
    with workplace.store.write() as tx:
        found = tx.studies.get(study_id, lock=True)
        if found.state != "open":
            raise Refused("This study is not open, so it cannot be closed.")
        tx.studies.set_state(study_id, "closed", workplace.clock())
        record_study(workplace, tx, "study closed", found)
        return tx.studies.get(study_id)


@needs("run studies")
def progress(workplace: Workplace, study_id: str) -> tuple[ReaderProgress, ...]:
    """How far each reader got, in the order they are named."""
    with workplace.store.read() as tx:
        found = tx.studies.get(study_id)
        reads = tx.reads.of_study(study_id)
    rows = []
    for reader in found.readers:
        own = [read for read in reads if read.key.reader == reader]
        done = [read for read in own if read.is_done]
        seconds = [read.active_seconds for read in done]
        rows.append(
            ReaderProgress(
                reader=reader,
                done=len(done),
                total=len(own),
                median_seconds=statistics.median(seconds) if seconds else None,
                last_at=max((read.done_at for read in done if read.done_at), default=None),
            )
        )
    return tuple(rows)


def _may_see(workplace: Workplace, found: Study) -> bool:
    return workplace.actor.may("run studies") or (
        workplace.reader in (*found.readers, *found.adjudicators)
    )


def _draft(tx: Transaction, study_id: str) -> Study:
    found = tx.studies.get(study_id, lock=True)
    if found.state != "draft":
        raise Refused("This study was opened, so it is no longer changed. Create another one.")
    return found


def _fill(tx: Transaction, study_id: str, cases: tuple[StudyCase, ...]) -> None:
    if len(cases) > MOST_CASES:
        raise Refused(f"A study has at most {MOST_CASES} cases. Choose fewer.")
    if len(set(cases)) < len(cases):
        raise Refused(
            "An image is chosen twice. A study has each once; repeats are its protocol's."
        )
    hashes = []
    for case in cases:
        known = tx.cases.get(case.case_id)
        known.check_frame(case.frame)
        hashes.append(known.pixel_sha256)
    tx.studies.set_cases(study_id, zip(cases, hashes, strict=True))


def _check_complete(tx: Transaction, draft: Study) -> None:
    if not draft.cases:
        raise Refused("This study has no cases yet. Choose some.")
    if not draft.readers:
        raise Refused("This study has no readers yet. Name some.")
    if draft.protocol.adjudication != "never" and not draft.adjudicators:
        raise Refused(
            "The protocol has an adjudicator decide, but none is named. Name one, or choose the "
            "rule “never”."
        )
    others = tx.studies.otherwise_read(draft)
    if draft.protocol.shows_ai and others:
        raise Refused(
            f"{others} of these cases are read with another model or threshold than the study's. "
            "Choose its model for them, or leave them out."
        )
