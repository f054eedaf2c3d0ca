"""Retention by a site's rule: what is due to go, shown first, then deleted when a person says so.

A case goes with its original, heatmaps, predictions and signatures; the entries of the audit stay,
with one for each case that went. Files outside the store are never touched, and nothing goes on its
own: a plan is made, and only what it named can be deleted with its digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import NotFound, Refused
from app.domain.permissions import needs
from app.services import originals
from app.services.audit.recording import record_case
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.retention.due import STUDY, AgedCase
from app.store.sql_store import Transaction

AGREED = "retention"  # the key among the settings: a plan that is being carried out
NO_RULE = (
    "This installation has no rule for what goes. Give one with DPROTONET_KEEP_READ_DAYS, "
    "DPROTONET_KEEP_UNREAD_DAYS, or both."
)


@dataclass(frozen=True)
class Due:
    """A case that the rule lets go, or would but for what uses it."""

    case_id: str
    why: str
    size: int
    """Bytes of its original."""
    signatures: int


@dataclass(frozen=True)
class Plan:
    """What is due to go now."""

    due: tuple[Due, ...]
    held: tuple[Due, ...]
    """Old enough, and in use: ``why`` says by what."""

    @property
    def digest(self) -> str:
        """64 hexadecimal digits: of which cases go."""
        named = json.dumps([one.case_id for one in self.due])
        return hashlib.sha256(named.encode("ascii")).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the originals of all that goes."""
        return sum(one.size for one in self.due)

    @property
    def signatures(self) -> int:
        """That go too."""
        return sum(one.signatures for one in self.due)


@dataclass(frozen=True)
class Gone:
    """What became of a plan."""

    deleted: int
    left: int
    """Cases of the plan that are in use, or were signed again, since it was made."""


@needs("run the program")
def plan(workplace: Workplace) -> Plan:
    """What the rule lets go now; nothing is deleted.

    Raises:
        Refused: there is no rule.
    """
    with workplace.store.read() as tx:
        return _plan(tx, workplace.settings, workplace.clock())


@needs("run the program")
def apply(workplace: Workplace, digest: str) -> Gone:
    """Delete what a plan named, case by case; after a stop the same call goes on.

    Args:
        workplace: where.
        digest: of the plan that was seen.

    Raises:
        Refused: what is due now is something else; or there is no rule.
    """
    agreed = workplace.store.delete(lambda tx: _agreed(workplace, tx, digest))
    deleted = sum(_delete(workplace, case_id, digest) for case_id in agreed)
    workplace.store.delete(lambda tx: tx.set_setting(AGREED, None))
    with workplace.store.read() as tx:
        left = len(set(agreed) & set(tx.cases.ids()))
    return Gone(deleted, left)


def _agreed(workplace: Workplace, tx: Transaction, digest: str) -> list[str]:
    """The cases of the plan, kept so that a second call can go on with it."""
    begun = tx.setting(AGREED)
    if begun and begun["digest"] == digest:
        return [str(case_id) for case_id in begun["cases"]]
    now = _plan(tx, workplace.settings, workplace.clock())
    if now.digest != digest or not now.due:
        raise Refused(
            "What is due to go is not what this plan named, so nothing was deleted. Look again: "
            "python -m app retention"
        )
    cases = [one.case_id for one in now.due]
    tx.set_setting(AGREED, {"digest": digest, "cases": cases})
    return cases


def _delete(workplace: Workplace, case_id: str, digest: str) -> bool:
    """Delete one case if it is still due; the question and the deletion are one transaction."""

    def rows_go(tx: Transaction) -> set[str]:
        now = _plan(tx, workplace.settings, workplace.clock(), study_of=case_id)
        if case_id not in {one.case_id for one in now.due}:
            raise NotFound("This case is in use, or gone.")
        record_case(workplace, tx, "case deleted", tx.cases.get(case_id), content=digest)
        return tx.cases.delete(case_id)

    try:
        originals.remove(workplace, rows_go)
    except NotFound:
        return False
    return True


def _plan(
    tx: Transaction, settings: Settings, now: datetime, *, study_of: str | None = None
) -> Plan:
    if settings.keep_read_days is None and settings.keep_unread_days is None:
        raise Refused(NO_RULE)
    cases = tx.due_cases.aged(study_of=study_of)
    why = {one.case_id: reason for one in cases if (reason := _why(one, settings, now))}
    in_use = dict(tx.due_cases.held())
    staying = {one.study_key for one in cases if one.case_id not in why or one.case_id in in_use}
    held = {
        one.case_id: in_use.get(one.case_id) or STUDY
        for one in cases
        if one.case_id in why and (one.case_id in in_use or one.study_key in staying)
    }
    due = (one for one in cases if one.case_id in why and one.case_id not in held)
    return Plan(_named(due, why), _named((one for one in cases if one.case_id in held), held))


def _why(case: AgedCase, settings: Settings, now: datetime) -> str:
    """Why a case is old enough; "" where it is not."""
    if case.signed_at is not None:
        since, days, what = case.signed_at, settings.keep_read_days, "signed last"
    else:
        since, days, what = case.added_at, settings.keep_unread_days, "taken in, never signed,"
    if days is None or now - since < timedelta(days=days):
        return ""
    return f"{what} on {since:%Y-%m-%d}, more than {days} days ago"


def _named(cases: Iterable[AgedCase], why: dict[str, str]) -> tuple[Due, ...]:
    return tuple(
        Due(one.case_id, why[one.case_id], one.file_bytes, one.signatures) for one in cases
    )
