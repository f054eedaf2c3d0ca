"""Studies with their people and cases, and each reader's reads that are still to be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.studies.protocol import protocol_from_json
from app.domain.studies.reads import FREE, ReadKey
from app.domain.studies.study import Slot, Study, StudyCase, StudyState
from app.store.rows import CaseEntry
from app.store.studies.rows import (
    StudyCaseEntry,
    StudyEntry,
    StudyPersonEntry,
    StudySlotEntry,
)

WAITING, LOCKED, DONE = "waiting", "locked", "done"


class Studies:
    """The studies' tables inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Study) -> None:
        """Write a study with its people; its cases come with :meth:`set_cases`."""
        self._session.add(
            StudyEntry(
                id=new.study_id,
                name=new.name,
                state=new.state,
                protocol=new.protocol.to_json(),
                protocol_digest=new.protocol_digest,
                hides_from_adjudicators=not new.protocol.adjudicator_sees_ai,
                model=new.model,
                model_name=new.model_name,
                site=new.site,
                created_by=new.created_by,
                created_at=new.created_at,
            )
        )
        self._session.flush()
        self.set_people(new.study_id, readers=new.readers, adjudicators=new.adjudicators)

    def get(self, study_id: str, *, lock: bool = False) -> Study:
        """One study.

        Args:
            study_id: its id.
            lock: nobody else changes its state until this transaction ends.

        Raises:
            NotFound: there is none of this id.
        """
        entry = self._session.get(
            StudyEntry, study_id, with_for_update=lock or None, populate_existing=lock
        )
        if entry is None:
            raise NotFound("This study does not exist. Open the page of studies again.")
        return self._studies([entry])[0]

    def all(self) -> tuple[Study, ...]:
        """All studies, newest first."""
        query = select(StudyEntry).order_by(StudyEntry.created_at.desc(), StudyEntry.id)
        return self._studies(self._session.scalars(query).all())

    def delete(self, study_id: str) -> None:
        """Remove a study that nothing was read in."""
        self._session.execute(delete(StudyEntry).where(StudyEntry.id == study_id))

    def set_state(self, study_id: str, state: StudyState, now: datetime) -> None:
        """Open or close a study."""
        entry = self._session.get_one(StudyEntry, study_id)
        entry.state = state
        if state == "open":
            entry.opened_at = now
        else:
            entry.closed_at = now
        self._session.flush()

    def set_people(
        self, study_id: str, *, readers: Sequence[str], adjudicators: Sequence[str]
    ) -> None:
        """Say who reads and who decides; those named before go."""
        self._session.execute(delete(StudyPersonEntry).where(StudyPersonEntry.study_id == study_id))
        for adjudicates, names in ((False, readers), (True, adjudicators)):
            self._session.add_all(
                StudyPersonEntry(
                    study_id=study_id, name=name, adjudicates=adjudicates, position=position
                )
                for position, name in enumerate(names)
            )
        self._session.flush()

    def set_cases(self, study_id: str, cases: Iterable[tuple[StudyCase, str]]) -> None:
        """Say what is read, each with the hash of its pixels; what was said before goes."""
        self._session.execute(delete(StudyCaseEntry).where(StudyCaseEntry.study_id == study_id))
        self._session.add_all(
            StudyCaseEntry(
                study_id=study_id,
                case_id=case.case_id,
                frame=case.frame,
                position=position,
                pixel_sha256=pixels,
            )
            for position, (case, pixels) in enumerate(cases)
        )
        self._session.flush()

    def cases(self, study_id: str) -> tuple[StudyCase, ...]:
        """The cases of a study that were not deleted since, in its order."""
        query = (
            select(StudyCaseEntry.case_id, StudyCaseEntry.frame)
            .where(StudyCaseEntry.study_id == study_id)
            .order_by(StudyCaseEntry.position)
        )
        return tuple(StudyCase(*row) for row in self._session.execute(query))

    def set_reference(self, study_id: str, labels: Mapping[StudyCase, str]) -> None:
        """Note the label of cases in the reference standard; those noted before go."""
        of_study = StudyCaseEntry.study_id == study_id
        self._session.execute(update(StudyCaseEntry).where(of_study).values(reference=None))
        for case, label in labels.items():
            self._session.execute(
                update(StudyCaseEntry)
                .where(
                    of_study,
                    StudyCaseEntry.case_id == case.case_id,
                    StudyCaseEntry.frame == case.frame,
                )
                .values(reference=label)
            )

    def reference(self, study_id: str) -> dict[StudyCase, str]:
        """The labels of the reference standard."""
        query = (
            select(StudyCaseEntry.case_id, StudyCaseEntry.frame, StudyCaseEntry.reference)
            .where(StudyCaseEntry.study_id == study_id, StudyCaseEntry.reference.is_not(None))
            .order_by(StudyCaseEntry.position)
        )
        return {
            StudyCase(case_id, frame): label or ""
            for case_id, frame, label in self._session.execute(query)
        }

    def otherwise_read(self, study: Study) -> int:
        """How many of a study's cases are read with another model, or under other settings."""
        query = (
            select(func.count())
            .select_from(StudyCaseEntry)
            .join(CaseEntry, CaseEntry.id == StudyCaseEntry.case_id)
            .where(
                StudyCaseEntry.study_id == study.study_id,
                (CaseEntry.model.is_distinct_from(study.model)) | (CaseEntry.site != study.site),
            )
        )
        return self._session.scalar(query) or 0

    def is_bound(self, case_id: str) -> bool:
        """Is a case read in a study that is open?"""
        query = (
            select(StudyCaseEntry.case_id)
            .join(StudyEntry, StudyEntry.id == StudyCaseEntry.study_id)
            .where(StudyCaseEntry.case_id == case_id, StudyEntry.state == "open")
        )
        return self._session.scalar(query.limit(1)) is not None

    def blind_elsewhere(self, study: Study) -> tuple[str, str] | None:
        """A reader for whom an image of this study is hidden by another open one.

        Returns:
            The reader, and the other study's name.
        """
        here = select(StudyCaseEntry.pixel_sha256).where(StudyCaseEntry.study_id == study.study_id)
        query = (
            select(StudySlotEntry.reader, StudyEntry.name)
            .join(StudyEntry, StudyEntry.id == StudySlotEntry.study_id)
            .where(
                StudyEntry.state == "open",
                StudyEntry.id != study.study_id,
                StudySlotEntry.hides_ai,
                StudySlotEntry.state != DONE,
                StudySlotEntry.pixel_sha256.in_(here),
                StudySlotEntry.reader.in_(study.readers),
            )
        )
        return self._session.execute(query.limit(1)).tuples().first()

    def plan(self, study_id: str, slots: Sequence[Slot]) -> None:
        """Write down who reads what."""
        pixels = {
            (case_id, frame): digest
            for case_id, frame, digest in self._session.execute(
                select(
                    StudyCaseEntry.case_id, StudyCaseEntry.frame, StudyCaseEntry.pixel_sha256
                ).where(StudyCaseEntry.study_id == study_id)
            )
        }
        self._session.add_all(
            StudySlotEntry(
                study_id=study_id,
                case_id=slot.case_id,
                frame=slot.frame,
                reader=slot.reader,
                round=slot.round,
                arm=slot.arm,
                position=slot.position,
                is_repeat=slot.is_repeat,
                hides_ai=slot.hides_ai,
                pixel_sha256=pixels[slot.case_id, slot.frame],
                state=WAITING,
            )
            for slot in slots
        )
        self._session.flush()

    def advance(self, key: ReadKey, *, done: bool) -> None:
        """Note that a read of a study was locked or signed."""
        if key.study == FREE:
            return
        self._session.execute(
            update(StudySlotEntry)
            .where(
                StudySlotEntry.study_id == key.study,
                StudySlotEntry.reader == key.reader,
                StudySlotEntry.case_id == key.case_id,
                StudySlotEntry.frame == key.frame,
                StudySlotEntry.round == key.round,
            )
            .values(state=DONE if done else LOCKED)
        )

    def _studies(self, entries: Sequence[StudyEntry]) -> tuple[Study, ...]:
        ids = [entry.id for entry in entries]
        people: dict[tuple[str, bool], list[str]] = {}
        for person in self._session.scalars(
            select(StudyPersonEntry)
            .where(StudyPersonEntry.study_id.in_(ids))
            .order_by(StudyPersonEntry.position)
        ):
            people.setdefault((person.study_id, person.adjudicates), []).append(person.name)
        counts = dict(
            self._session.execute(
                select(StudyCaseEntry.study_id, func.count())
                .where(StudyCaseEntry.study_id.in_(ids))
                .group_by(StudyCaseEntry.study_id)
            )
            .tuples()
            .all()
        )
        return tuple(
            Study(
                study_id=entry.id,
                name=entry.name,
                state=entry.state,  # type: ignore[arg-type]
                protocol=protocol_from_json(entry.protocol),
                protocol_digest=entry.protocol_digest,
                model=entry.model,
                model_name=entry.model_name,
                site=entry.site,
                readers=tuple(people.get((entry.id, False), ())),
                adjudicators=tuple(people.get((entry.id, True), ())),
                created_by=entry.created_by,
                created_at=entry.created_at,
                cases=counts.get(entry.id, 0),
                opened_at=entry.opened_at,
                closed_at=entry.closed_at,
            )
            for entry in entries
        )
