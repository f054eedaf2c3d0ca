"""New cases with their first prediction, written as they are: nothing of them is there yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.cases import Case
from app.domain.instant_maps import DrawnMaps
from app.store import case_summary
from app.store.cases import case_entry
from app.store.results import prediction_entry
from app.store.rows import CaseEntry, IdentityEntry
from dprotonet.inference.prediction import Prediction


@dataclass(frozen=True, eq=False)
class NewCase:
    """One case whose first frame was predicted by the bundle, and under the settings of a site,
    that it is to be read with."""

    case: Case
    prediction: Prediction
    thumbnail_key: str | None = None
    maps: DrawnMaps | None = None
    """Whose blob is there."""


class NewCases:
    """The case and prediction tables inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def known_files(self, hashes: Iterable[str]) -> set[str]:
        """Of these hashes of files those that are a case."""
        query = select(CaseEntry.file_sha256).where(CaseEntry.file_sha256.in_(list(hashes)))
        return set(self._session.scalars(query))

    def first_with_pixels(self, hashes: Iterable[str]) -> dict[str, str]:
        """Of these hashes of pixels those of a case, with the name of the first one's file."""
        rows = self._session.execute(
            select(CaseEntry.pixel_sha256, CaseEntry.file_name)
            .where(CaseEntry.pixel_sha256.in_(list(hashes)))
            .order_by(CaseEntry.created_at.desc(), CaseEntry.id.desc())
        )
        return {digest: name for digest, name in rows}  # the first case comes last

    def add(self, new: Sequence[NewCase], *, negative_class: str | None, now: datetime) -> None:
        """Write cases of one bundle; IntegrityError where one is of a file that is a case already.

        Args:
            new: the cases; what the list says of each follows from its prediction.
            negative_class: the bundle's class that means "nothing found", if it has one.
            now: when they were predicted, an aware time.
        """
        newest, patients = self._newest(new), self._patients(new)
        for one in new:
            case = one.case
            predicted = prediction_entry(
                case.case_id,
                frame=0,
                model=case.model or "",
                prediction=one.prediction,
                negative_class=negative_class,
                now=now,
                maps=one.maps,
            )
            entry = case_entry(
                case,
                study_newest=newest.get(case.study_key, case.created_at),
                patient=patients.get(case.file_sha256, ""),
                thumbnail_key=one.thumbnail_key,
                **case_summary.summary(predicted, ()),
            )
            self._session.add_all((entry, predicted))
        self._session.flush()

    def _newest(self, new: Sequence[NewCase]) -> dict[str, datetime]:
        """Of each study that is no file of its own; its earlier files are brought along."""
        cases = sorted((one.case for one in new), key=lambda case: case.created_at)
        last = {case.study_key: case for case in cases if case.facts.study_uid}
        return {
            study: case_summary.newest_with(self._session, case) for study, case in last.items()
        }

    def _patients(self, new: Sequence[NewCase]) -> dict[str, str]:
        """Pseudonyms by the hash of the stored file, where they are noted."""
        query = select(IdentityEntry.blob_key, IdentityEntry.patient).where(
            IdentityEntry.blob_key.in_([one.case.file_sha256 for one in new])
        )
        return {key: patient for key, patient in self._session.execute(query)}
