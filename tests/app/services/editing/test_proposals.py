"""A change is asked, proposed, approved, undone; the parent stays as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.actors import Actor
from app.domain.bundles import BundleInfo
from app.domain.errors import Conflict, NotFound, Refused
from app.domain.proposals import Proposal
from app.domain.trust import Approval
from app.services import models
from app.services.editing import proposals, versions
from app.services.trust.approval import approval
from app.services.workplace import Workplace
from tests.paths import ROOT

ALONE = Actor("Reader One")
LEADS = frozenset({"lead"})
FIRST, SECOND = Actor("Reader One", "reader", LEADS), Actor("Reader Two", "reader", LEADS)
ANYTHING = 1e6  # a tolerance that any last layer keeps to


def proposed(workplace: Workplace, parent: BundleInfo, *, actor: Actor = ALONE) -> Proposal:
    return proposals.propose(
        workplace.of(actor),
        parent.digest,
        off=("p01",),
        tolerance=ANYTHING,
        reason=" a marker ",
    )


def test_the_answer_says_what_it_costs_and_changes_nothing(
    workplace: Workplace, parent: BundleInfo
) -> None:
    before = models.all(workplace)
    answer = proposals.ask(workplace, parent.digest, off=("p01",), tolerance=ANYTHING)
    assert answer.is_possible and answer.explanation == ""
    assert answer.cost is not None and answer.cost.images == 16
    assert answer.cost.before.accuracy is not None and answer.cost.after.accuracy is not None
    assert answer.cost.increase is not None and answer.cost.increase > 0
    assert models.all(workplace) == before and proposals.newest(workplace) == ()


def test_what_is_above_the_tolerance_is_answered_in_words_with_its_cost(
    workplace: Workplace, parent: BundleInfo
) -> None:
    answer = proposals.ask(workplace, parent.digest, off=("p01",), tolerance=0.0)
    assert not answer.is_possible and "rises by" in answer.explanation
    assert answer.cost is not None
    with pytest.raises(Refused, match="rises by"):
        proposals.propose(workplace.of(ALONE), parent.digest, off=("p01",), tolerance=0.0)
    assert proposals.newest(workplace) == ()


def test_a_class_without_any_prototype_is_not_possible_at_any_price(
    workplace: Workplace, parent: BundleInfo
) -> None:
    own = tuple(
        record.id
        for record in models.bundle(workplace, parent.digest).prototypes
        if record.class_name == "finding"
    )
    answer = proposals.ask(workplace, parent.digest, off=own, tolerance=ANYTHING)
    assert not answer.is_possible and answer.cost is None
    assert "'finding'" in answer.explanation


def test_a_model_that_keeps_nothing_to_fit_on_cannot_be_edited_and_says_why(
    workplace: Workplace,
) -> None:
    old = workplace.models.find("chest-phantom")
    assert old is not None and not old.is_editable
    with pytest.raises(Refused, match="python -m training responses"):
        proposals.ask(workplace, old.digest, off=("p01",))


def test_the_server_answers_without_torch(editable_folder: Path) -> None:
    code = (
        "import sys\n"
        "from app.services.adapters import last_layer\n"
        "from app.services.editing import learning, learning_run, proposals, versions\n"
        "from dprotonet.bundle.bundle import Bundle\n"
        f"bundle = Bundle.load({str(editable_folder)!r}, with_model=False)\n"
        "answer = last_layer.answer(bundle, off=('p01',), required=(), tolerance=1e6)\n"
        "sys.exit(not answer.is_possible or 'torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_proposal_keeps_who_what_why_and_the_cost_and_activates_nothing(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposed(workplace, parent)
    assert (proposal.state, proposal.proposer, proposal.reason) == ("proposed", ALONE, "a marker")
    assert (proposal.model, proposal.off, proposal.version) == (parent.digest, ("p01",), None)
    assert (
        proposal.cost
        == proposals.ask(workplace, parent.digest, off=("p01",), tolerance=ANYTHING).cost
    )
    assert proposals.newest(workplace) == (proposal,)
    active = models.active(workplace)
    assert active is not None and active.digest == parent.digest


def test_approving_writes_a_version_beside_the_parent_and_activates_it(
    workplace: Workplace, parent: BundleInfo
) -> None:
    before = {path.name: path.read_bytes() for path in parent.path.iterdir() if path.is_file()}
    proposal = proposals.approve(workplace.of(ALONE), proposed(workplace, parent).proposal_id)
    assert [step.state for step in proposal.steps] == ["proposed", "approved", "active"]
    assert proposal.is_approved_by_the_proposer
    active = models.active(workplace)
    assert active is not None and active.digest == proposal.version != parent.digest
    assert (active.parent, active.off) == (parent.digest, ("p01",))
    assert active.title_of_version == "editable without p01"
    assert active.path.parent == workplace.settings.own_models
    assert models.bundle(workplace, active.digest).changes[-1].note == "a marker"
    after = {path.name: path.read_bytes() for path in parent.path.iterdir() if path.is_file()}
    assert before == after and workplace.models.get(parent.digest).path == parent.path


def test_where_there_are_several_readers_a_second_one_decides(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposed(workplace, parent, actor=FIRST)
    with pytest.raises(Refused, match="second person"):
        proposals.approve(workplace.of(FIRST), proposal.proposal_id)
    assert len(models.all(workplace)) == 3
    approved = proposals.approve(workplace.of(SECOND), proposal.proposal_id)
    assert approved.approver == SECOND and not approved.is_approved_by_the_proposer


def test_undoing_activates_the_parent_and_the_version_can_be_activated_again(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposals.approve(workplace.of(ALONE), proposed(workplace, parent).proposal_id)
    undone = proposals.undo(workplace.of(SECOND), proposal.proposal_id)
    active = models.active(workplace)
    assert active is not None and active.digest == parent.digest
    assert (undone.state, undone.steps[-1].actor) == ("undone", SECOND)
    assert workplace.models.get(proposal.version or "").off == ("p01",)
    again = proposals.activate_again(workplace.of(ALONE), proposal.proposal_id)
    active = models.active(workplace)
    assert active is not None and active.digest == proposal.version
    assert [step.state for step in again.steps[2:]] == ["active", "undone", "active"]


def test_a_version_that_another_model_replaced_is_not_undone(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposals.approve(workplace.of(ALONE), proposed(workplace, parent).proposal_id)
    models.activate(workplace, "chest-phantom")
    with pytest.raises(Refused, match="Another model was made active"):
        proposals.undo(workplace.of(ALONE), proposal.proposal_id)
    active = models.active(workplace)
    assert active is not None and active.name == "chest-phantom"


def test_a_rejected_proposal_stays_in_the_table_and_is_decided_once(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposed(workplace, parent)
    rejected = proposals.reject(workplace.of(ALONE), proposal.proposal_id, note="no")
    assert (rejected.state, rejected.steps[-1].note) == ("rejected", "no")
    with pytest.raises(Conflict, match="rejected by now"):
        proposals.approve(workplace.of(ALONE), proposal.proposal_id)
    assert len(models.all(workplace)) == 3
    assert proposals.newest(workplace) == (rejected,)


def test_an_approval_without_the_parent_writes_nothing(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposed(workplace, parent)
    shutil.rmtree(parent.path)
    with pytest.raises(NotFound, match="no longer installed"):
        proposals.approve(workplace.of(ALONE), proposal.proposal_id)
    assert proposals.newest(workplace)[0].state == "proposed"
    assert list(workplace.settings.own_models.iterdir()) == []


def test_an_approval_that_was_cut_off_after_the_writing_uses_what_it_wrote(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposed(workplace, parent)
    written = versions.write(workplace, proposal)  # and then the power went
    approved = proposals.approve(workplace.of(ALONE), proposal.proposal_id)
    assert approved.version == written
    assert len([info for info in models.all(workplace) if info.parent]) == 1


def test_an_edit_of_a_version_starts_from_what_is_off_there(
    workplace: Workplace, parent: BundleInfo
) -> None:
    first = proposals.approve(workplace.of(ALONE), proposed(workplace, parent).proposal_id)
    version = first.version or ""
    with pytest.raises(Refused, match="Nothing is changed yet"):
        proposals.ask(workplace, version, off=("p01",), tolerance=ANYTHING)
    again = proposals.propose(workplace.of(ALONE), version, off=(), tolerance=ANYTHING)
    second = proposals.approve(workplace.of(ALONE), again.proposal_id)
    active = models.active(workplace)
    assert active is not None
    assert (active.digest, active.off, active.parent) == (second.version, (), version)


def test_two_models_of_the_same_name_do_not_get_in_each_others_way(
    workplace: Workplace, parent: BundleInfo
) -> None:
    for off in (("p01",), ("p02",)):
        proposal = proposals.propose(
            workplace.of(ALONE), parent.digest, off=off, tolerance=ANYTHING
        )
        proposals.approve(workplace.of(ALONE), proposal.proposal_id)
    found = {info.off: info for info in models.all(workplace) if info.name == parent.name}
    assert set(found) == {(), ("p01",), ("p02",)}
    assert replace(found[()], path=parent.path) == parent


def test_a_version_that_was_approved_here_is_trusted_while_its_parent_is(
    workplace: Workplace, parent: BundleInfo, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted"
    trusted.write_text(f"sha256 {parent.digest} board")
    site = replace(workplace, settings=replace(workplace.settings, trusted_models=trusted))
    proposal = proposed(site, parent)
    approved = proposals.approve(site.of(ALONE), proposal.proposal_id)
    version = site.models.get(approved.version or "")
    assert approval(site, version) == Approval(True, "the approval of this change here")
    assert models.active(site) == version
    trusted.write_text("")
    assert not approval(site, version).is_approved and models.active(site) is None
    with pytest.raises(Refused, match="not among the models"):
        proposals.undo(site.of(ALONE), proposal.proposal_id)
