"""Proposals are decided on the page, versions listed, and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.actors import Actor
from app.domain.bundles import BundleInfo
from app.domain.proposals import Proposal, ProposalStep
from app.services import models
from app.services.editing import proposals
from app.services.workplace import Workplace
from app.views.model.versions import approval_text, change_title, learned_text, step_lines
from tests.app.views.screen import Screen

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO = Actor("Reader One"), Actor("Reader Two", "reader", frozenset({"lead"}))


@pytest.fixture
def proposed(workplace: Workplace, parent: BundleInfo, screen: Screen) -> Screen:
    """The model page with one proposal to decide on."""
    proposals.propose(
        workplace.of(ONE), parent.digest, off=("p01",), tolerance=1e6, reason="a *marker*"
    )
    return screen.open("model")


def active(workplace: Workplace) -> BundleInfo:
    info = models.active(workplace)
    assert info is not None
    return info


def test_a_proposal_shows_who_why_and_the_cost_and_that_one_reader_decides_alone(
    proposed: Screen,
) -> None:
    assert "p01 switched off" in proposed.text and "Proposed by Reader One" in proposed.text
    assert "“a *marker*”" in proposed.text
    assert "validation images" in proposed.text
    assert "You are the only reader here" in proposed.text


def test_approving_activates_the_version_and_the_page_goes_on_with_it(
    proposed: Screen, workplace: Workplace, parent: BundleInfo
) -> None:
    proposed.press("Approve and activate")
    version = active(workplace)
    assert (version.parent, version.off) == (parent.digest, ("p01",))
    assert proposed.errors == []
    assert proposed.app.selectbox(key="card-model").value == version.digest
    assert "approved by the proposer" in proposed.text
    assert "Active model **editable without p01**" in proposed.text
    assert not proposed.buttons("Approve and activate")


def test_undoing_brings_the_parent_back_and_the_version_can_be_had_again(
    proposed: Screen, workplace: Workplace, parent: BundleInfo
) -> None:
    proposed.press("Approve and activate")
    version = active(workplace)
    proposed.press("Undo")
    assert active(workplace).digest == parent.digest
    assert "undone** by Reader One" in proposed.text
    proposed.press("Activate again")
    assert active(workplace).digest == version.digest


def test_a_rejected_proposal_is_no_longer_offered(
    proposed: Screen, workplace: Workplace, parent: BundleInfo
) -> None:
    proposed.press("Reject")
    assert active(workplace).digest == parent.digest
    assert not proposed.buttons("Approve and activate")
    assert "rejected** by Reader One" in proposed.text


def test_a_decision_that_came_too_late_is_an_error_on_top(
    proposed: Screen, workplace: Workplace
) -> None:
    (proposal,) = proposals.newest(workplace)
    proposals.reject(workplace.of(TWO), proposal.proposal_id)
    proposed.press("Approve and activate")
    assert "is rejected by now" in proposed.errors[0]


def test_a_proposal_for_another_than_the_active_model_says_so(
    proposed: Screen, workplace: Workplace
) -> None:
    models.activate(workplace, "chest-phantom")
    assert "What changed in between is not in it" in proposed.run().text


def test_every_step_is_a_line_with_who_and_the_version() -> None:
    steps = (
        ProposalStep(1, "proposed", ONE, NOW),
        ProposalStep(2, "approved", ONE, NOW, version="b" * 64),
        ProposalStep(3, "rejected", TWO, NOW, "no"),
    )
    proposal = Proposal("e1", "reasons", "a" * 64, "toy", ("p01",), (), 0.1, None, "", steps)
    lines = step_lines(proposal)
    assert "**rejected** by Reader Two: “no”" in lines[0]
    assert "**approved** by Reader One (the proposer), version `bbbbbbbb`" in lines[1]
    assert approval_text(proposal) == "proposed by Reader One, approved by the proposer"
    other = replace(proposal, steps=(steps[0], replace(steps[1], actor=TWO)))
    assert approval_text(other) == "proposed by Reader One, approved by Reader Two"
    assert approval_text(replace(proposal, steps=steps[:1])) == "proposed by Reader One"


@pytest.mark.parametrize(
    ("off", "required", "kind", "title"),
    [
        (("p01", "p02"), (), "reasons", "p01, p02 switched off"),
        ((), ("p03",), "reasons", "p03 required"),
        ((), (), "reasons", "All prototypes in use again"),
        (("p01",), (), "learned", "Learned from judgements"),
    ],
)
def test_a_change_has_a_title(
    off: tuple[str, ...], required: tuple[str, ...], kind: str, title: str
) -> None:
    steps = (ProposalStep(1, "proposed", ONE, NOW),)
    proposal = Proposal("e1", kind, "a" * 64, "toy", off, required, 0.1, None, "", steps)  # type: ignore[arg-type]
    assert change_title(proposal) == title


def test_what_was_learned_names_the_judged_images_similarity_before_and_after() -> None:
    entry = {"prototype": "p01", "image": "0123456789abcdef", "before": 0.9, "after": 0.2}
    text = learned_text({"forgotten": [entry] * 9, "remembered": [entry]})
    lines = text.replace("\\", "").splitlines()
    assert lines[0] == (
        "- Judged an artefact: p01 on image `01234567`, similarity 0.90 before, 0.20 after"
    )
    assert len(lines) == 9 and lines[-1] == "- and 2 more"
    assert learned_text({}) == ""


def test_of_concepts_it_is_said_what_they_add_and_how_probable_a_corrected_class_is() -> None:
    entry = {"image": "0123456789abcdef", "before": 0.9, "after": 0.2}
    facts = {"measure": "evidence", "forgotten": [{"prototype": "token", **entry}]}
    assert learned_text({**facts, "corrected_images": [{"class": "nodule", **entry}]}) == (
        "- Judged an artefact: token on image `01234567`, evidence 0.90 before, 0.20 after\n"
        "- Corrected to nodule: image `01234567`, probability 0.90 before, 0.20 after"
    )


def test_what_was_learned_has_the_figures_on_test_images_where_there_are_any() -> None:
    sides = {"before": {"auroc": 0.9, "accuracy": 0.8}, "after": {"auroc": None, "accuracy": 0.85}}
    assert learned_text({"test": {"images": 40, **sides}}) == (
        "- On 40 test images of other patients: AUROC 0.900, accuracy 0.800 before; "
        "accuracy 0.850 after"
    )
