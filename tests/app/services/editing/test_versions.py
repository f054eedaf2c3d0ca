"""Versions of a model and how they came from each other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.domain.actors import Actor
from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound, Refused
from app.domain.proposals import Proposal
from app.services import galleries, models
from app.services.editing import proposals, versions
from app.services.workplace import Workplace
from dprotonet.bundle.change import Change

ALONE = Actor("Reader One")
ANYTHING = 1e6


def changed(
    workplace: Workplace, model: str, *, off: tuple[str, ...], required: tuple[str, ...] = ()
) -> Proposal:
    proposal = proposals.propose(
        workplace.of(ALONE), model, off=off, required=required, tolerance=ANYTHING
    )
    return proposals.approve(workplace.of(ALONE), proposal.proposal_id)


def test_a_family_lists_parents_before_their_children_whichever_is_asked_for(
    workplace: Workplace, parent: BundleInfo
) -> None:
    first = changed(workplace, parent.digest, off=("p01",)).version or ""
    second = changed(workplace, first, off=("p01",), required=("p02",)).version or ""
    sibling = changed(workplace, parent.digest, off=("p00",)).version or ""
    for model in (parent.digest, first, second, sibling):
        family = versions.family(workplace, model)
        assert {v.info.digest for v in family} == {parent.digest, first, second, sibling}
        assert family[0].info.digest == parent.digest
        depths = {v.info.digest: v.depth for v in family}
        assert depths == {parent.digest: 0, first: 1, second: 2, sibling: 1}
        order = [v.info.digest for v in family]
        assert order.index(first) + 1 == order.index(second)
        assert [v.info.digest for v in family if v.is_active] == [sibling]
    words = {v.info.digest: v.change for v in versions.family(workplace, first)}
    assert words[parent.digest] == "as trained"
    assert words[second] == "p01 switched off; p02 required"


def test_a_pruned_version_says_how_many_prototypes_went() -> None:
    change = Change("pruned", "0" * 64, "2026-01-01", figures={"pruned": ["p00", "p03"]})
    pruned = SimpleNamespace(changes=(change,))
    assert versions.change_text(pruned) == "2 prototypes pruned"  # type: ignore[arg-type]


def test_a_version_whose_parent_is_gone_begins_a_family_of_its_own(
    workplace: Workplace, parent: BundleInfo
) -> None:
    first = changed(workplace, parent.digest, off=("p01",)).version or ""
    parent.path.rename(workplace.settings.data / "away")
    assert [(v.info.digest, v.depth) for v in versions.family(workplace, first)] == [(first, 0)]
    with pytest.raises(NotFound):
        versions.family(workplace, parent.digest)


def test_a_model_that_stands_where_a_version_should_go_is_left_alone(
    workplace: Workplace, parent: BundleInfo
) -> None:
    proposal = proposals.propose(
        workplace.of(ALONE), parent.digest, off=("p01",), tolerance=ANYTHING
    )
    other = workplace.settings.own_models / f"editable-{proposal.proposal_id}"
    parent.path.rename(other)
    with pytest.raises(Refused, match="Another model lies in"):
        proposals.approve(workplace.of(ALONE), proposal.proposal_id)
    assert workplace.models.get(parent.digest).path == other


def test_pictures_attached_to_the_parent_are_those_of_its_edited_versions(
    workplace: Workplace, parent: BundleInfo
) -> None:
    first = changed(workplace, parent.digest, off=("p01",)).version or ""
    entry = models.bundle(workplace, parent.digest).gallery[0]
    for bundle in (parent.digest, first):
        for path in models.bundle(workplace, bundle).path.glob("gallery/*.png"):
            path.unlink()
    assert not galleries.of_prototype(workplace, first, entry.prototype)[0].has_picture
    attached = workplace.settings.galleries / parent.digest
    attached.mkdir(parents=True)
    picture = attached / f"{entry.prototype}-{entry.image_sha256[:16]}.png"
    picture.write_bytes(b"png")
    assert galleries.of_prototype(workplace, first, entry.prototype)[0].has_picture
    found = galleries.picture(workplace, first, prototype=entry.prototype, number=0)
    assert found == picture
