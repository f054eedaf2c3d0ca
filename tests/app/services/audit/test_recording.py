"""What is done is recorded with it: by whom, to what, and never with a name of an image."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.actors import Actor
from app.domain.audit.entries import AuditEntry, AuditHead
from app.domain.audit.signatures import signed_digest
from app.domain.bundles import BundleInfo
from app.domain.errors import Conflict
from app.services import annotations, batch_export, batches, jobs, models, review
from app.services.audit import reading, recording, verifying
from app.services.checks import site_choice
from app.services.editing import proposals
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.checks.conftest import site_settings
from tests.app.services.editing.conftest import editable_folder, parent
from tests.app.services.workplaces import FakePool, active_model, png

__all__ = ["editable_folder", "parent"]
NAME = "Zebrowski"


def entries(workplace: Workplace) -> list[AuditEntry]:
    with workplace.store.read() as tx:
        return list(tx.audit.entries())


def done(workplace: Workplace) -> list[tuple[str, str]]:
    return [(entry.action, entry.subject) for entry in entries(workplace)]


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    """A bright image with its prediction."""
    taken = intake.add(workplace, png(level=200), name=f"{NAME}.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


@pytest.fixture
def sign(workplace: Workplace, case_id: str) -> Callable[[int], object]:
    """Signs after the revision that is named."""
    return lambda seen: review.sign(
        workplace, case_id, verdict="accept", confidence=3, text=NAME, expected_revision=seen
    )


def test_a_signature_and_its_entry_name_each_other(
    workplace: Workplace, case_id: str, sign: Callable
) -> None:
    signed = sign(0)
    _, entry = entries(workplace)
    assert (entry.action, entry.subject) == ("verdict signed", f"{case_id}:0:1")
    assert (signed.audit_sequence, signed.audit_hash) == (2, entry.hash)
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        assert tx.annotations.revisions(case_id, frame=0) == (signed,)
    assert (entry.image, entry.bundle) == (case.pixel_sha256, case.model)
    assert entry.content == signed_digest(signed)
    assert (entry.actor, entry.actor_kind) == ("Reader One", "local reader")
    for format in ("csv", "json"):
        exported = annotations.export(workplace, format=format).decode()  # type: ignore[arg-type]
        row = (
            next(csv.DictReader(io.StringIO(exported)))
            if format == "csv"
            else json.loads(exported)["annotations"][0]
        )
        assert (str(row["audit_sequence"]), row["audit_hash"]) == ("2", entry.hash)
        last = entries(workplace)[-1]
        assert last.action == "annotations exported"
        assert last.content == hashlib.sha256(exported.encode()).hexdigest()


def test_what_was_refused_is_not_recorded(workplace: Workplace, sign: Callable) -> None:
    sign(0)
    before = entries(workplace)
    with pytest.raises(Conflict):
        sign(0)
    assert intake.add(workplace, png(level=200), name="again.png").outcome == "duplicate"
    assert entries(workplace) == before


def test_a_deleted_case_leaves_its_entries_without_a_name(
    workplace: Workplace, case_id: str, sign: Callable
) -> None:
    sign(0)
    review.delete_case(workplace, case_id)
    assert done(workplace) == [
        ("case added", case_id),
        ("verdict signed", f"{case_id}:0:1"),
        ("case deleted", case_id),
    ]
    assert NAME not in repr(entries(workplace))
    assert len({entry.image for entry in entries(workplace)}) == 1
    assert verifying.verify(workplace).problems == ()


def test_the_steps_of_a_batch_are_recorded(
    workplace: Workplace, pool: FakePool, tmp_path: Path
) -> None:
    first = batches.start_upload(workplace, [(f"{NAME}.png", png(1)), ("b.png", png(2))])
    jobs.cancel(workplace, first.job_id)
    jobs.cancel(workplace, first.job_id)  # it is over
    batches.resume(workplace, first.job_id)
    queue.run_pending(workplace, pool)
    batch_export.as_csv(workplace, first.job_id)
    batch_export.as_json(workplace, first.job_id)
    batches.delete(workplace, first.job_id)
    of_batch = [entry for entry in entries(workplace) if entry.subject == first.job_id]
    assert [entry.action for entry in of_batch] == [
        "batch started",
        "batch cancelled",
        "batch resumed",
        "batch exported",
        "batch exported",
        "batch deleted",
    ]
    assert {entry.bundle for entry in of_batch if not entry.content} == {first.model}
    assert sum(action == "case added" for action, _ in done(workplace)) == 2
    assert NAME not in repr(entries(workplace))


def test_models_and_changes_of_them_are_recorded_with_who_decided(
    workplace: Workplace, parent: BundleInfo
) -> None:
    leads = frozenset({"lead"})
    first, second = Actor("Reader One", "reader", leads), Actor("Reader Two", "reader", leads)
    added = models.add(workplace, workplace.settings.assets / "models" / "chest-phantom")
    assert models.add(workplace, added.path) == added  # it is there already
    proposal = proposals.propose(
        workplace.of(first), parent.digest, off=("p01",), tolerance=1e6, reason=NAME
    )
    approved = proposals.approve(workplace.of(second), proposal.proposal_id, note=NAME)
    proposals.undo(workplace.of(first), proposal.proposal_id)
    own = proposal.proposal_id
    assert done(workplace) == [
        ("model activated", parent.digest),
        ("model added", added.digest),
        ("change proposed", own),
        ("change approved", own),
        ("change activated", own),
        ("change undone", own),
    ]
    of_change = entries(workplace)[2:]
    assert [entry.actor[-3:] for entry in of_change] == ["One", "Two", "Two", "One"]
    assert {entry.actor_kind for entry in of_change} == {"reader"}
    assert [entry.bundle for entry in of_change] == [parent.digest] + [approved.version] * 3
    assert NAME not in repr(entries(workplace))


def test_a_sites_settings_and_a_restore_are_recorded(workplace: Workplace) -> None:
    info = active_model(workplace)
    chosen = site_settings(info)
    site_choice.use(workplace, info.digest, chosen)
    site_choice.stop(workplace, info.digest)
    recording.record_restore(workplace, AuditHead(40, "a" * 64))
    recording.record_restore(workplace, AuditHead(41, "altered"))
    used, stopped, restored, other = entries(workplace)
    assert (used.action, used.settings) == ("site settings used", chosen.digest)
    assert (stopped.action, stopped.settings) == ("site settings stopped", chosen.digest)
    assert (restored.action, restored.subject) == ("backup restored", "40")
    assert restored.content == "a" * 64
    assert (other.subject, other.content) == ("41", "")
    assert reading.head(workplace).sequence == 4
