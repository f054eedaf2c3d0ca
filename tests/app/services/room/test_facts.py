"""What a file is and what hangs on it: twins, study, models, whose threshold, deletion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.actors import Actor
from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound
from app.services import models, review
from app.services.adapters.bundle_registry import Registry
from app.services.checks import site_choice
from app.services.editing import proposals
from app.services.uploading import intake
from tests.app.services.checks.conftest import site_settings
from tests.app.services.editing.conftest import editable_folder, parent
from tests.app.services.room.conftest import Room
from tests.app.services.workplaces import dicom, png

__all__ = ["editable_folder", "parent"]


def test_the_line_says_what_the_file_is(room: Room) -> None:
    facts = room.add(png(1), name="a.png").open().facts
    assert (facts.title, facts.line) == ("a.png", "PNG · 18 × 16 · 8 bit")
    line = room.add(dicom(1, frames=3), name="a.dcm").open().facts.line
    assert line == "DICOM · DX · PA · 18 × 16 · 12 bit · 3 frames"


def test_its_hashes_and_who_looks_with_which_model_stand_in_the_details(read: Room) -> None:
    facts = read.open().facts
    case = read.sheet.case
    assert f"SHA-256 of the file: {case.file_sha256}" in facts.details
    assert f"SHA-256 of the decoded pixels: {case.pixel_sha256}" in facts.details
    assert facts.who == f"Model nih-pneumonia {facts.model[:8]} · Reader Reader One"


def test_an_image_under_another_header_leads_to_the_first_with_its_pixels(room: Room) -> None:
    first = room.add(dicom(1), name="first.dcm").case_id
    assert room.open().facts.twins == ()
    (twin,) = room.add(dicom(1, study_uid="9.9"), name="again.dcm").open().facts.twins
    assert twin.case_id == first
    assert twin.title == f"The same pixels as case {first} (first.dcm), with another header"


def test_the_other_files_of_its_study_are_links_with_their_pixels(room: Room) -> None:
    other = room.add(dicom(1, study_uid="1.2.9", frames=2), name="ap.dcm").case_id
    (link,) = room.add(dicom(2, study_uid="1.2.9"), name="pa.dcm").open().facts.study
    assert (link.case_id, link.title, link.frames) == (other, "ap.dcm (PA)", 2)
    assert link.pixels == f"/api/pixels/{other}/{{frame}}"


def test_a_case_is_read_with_another_model_on_request(read: Room) -> None:
    other = next(one for one in read.open().facts.models if one.digest != read.sheet.model)
    review.set_case_model(read.workplace, read.case_id, other.digest)
    opened = read.open()
    assert opened.headline is not None and opened.headline.tone == "waiting"
    assert opened.facts.model == other.digest
    assert other.title.startswith("chest-phantom") and other.digest[:8] in other.title
    again = read.work().open()
    assert again.facts.who.startswith("Model chest-phantom") and len(again.cards) == 4


def test_a_model_that_is_gone_still_stands_among_the_choices(read: Room) -> None:
    digest = read.sheet.model or ""
    read.workplace = replace(read.workplace, models=Registry(()))
    facts = read.open().facts
    (choice,) = facts.models
    assert (choice.digest, choice.title) == (digest, f"Model not found · {digest[:8]}")


def test_a_case_is_gone_after_its_deletion_and_only_a_lead_is_offered_it(read: Room) -> None:
    assert read.open().facts.may_delete
    reader = read.workplace.of(Actor("Ann", "reader", frozenset({"reader"})))
    mine, read.workplace = read.workplace, reader
    assert not read.open().facts.may_delete
    review.delete_case(mine, read.case_id)
    with pytest.raises(NotFound, match="no longer exists"):
        read.open()


def test_a_version_with_prototypes_off_says_so_and_they_are_no_reasons(
    parent: BundleInfo, room: Room
) -> None:
    proposal = proposals.propose(room.workplace, parent.digest, off=("p01",), tolerance=1e6)
    proposals.approve(room.workplace, proposal.proposal_id)
    opened = room.add().open()
    assert opened.facts.site == "This version is without p01."
    assert {name for card in opened.cards for name in card.prototypes} == {"p00", "p02", "p03"}
    assert "prototype:p01" not in {action.node for action in opened.map_actions}


def test_a_case_says_under_whose_threshold_it_was_read_and_follows_when_told(read: Room) -> None:
    assert read.open().facts.site == ""
    info = models.active(read.workplace)
    assert info is not None
    site_choice.use(read.workplace, info.digest, site_settings(info))
    facts = read.open().facts
    assert facts.site == "Threshold and calibration of the model."
    assert [(a.id, a.title) for a in facts.actions] == [
        ("follow-site", "Read with this site's threshold")
    ]
    review.follow_site(read.workplace, read.case_id)
    facts = read.work().open().facts
    assert facts.site == "Threshold and calibration of this site (2026-11-26, 240 images)."
    assert facts.actions == ()
    site_choice.stop(read.workplace, info.digest)
    (back,) = read.open().facts.actions
    assert back.title == "Read with the model's own threshold"
    review.follow_site(read.workplace, read.case_id)
    assert read.open().facts.site == ""


def test_an_image_that_no_model_reads_has_nothing_to_try_again(room: Room) -> None:
    room.workplace = replace(room.workplace, models=Registry(()))
    room.case_id = str(intake.add(room.workplace, png(1), name="a.png").case_id)
    opened = room.open()
    assert opened.headline is not None and opened.headline.tone == "failed"
    assert "models add" in opened.headline.sentence
    assert (opened.facts.actions, opened.facts.models) == ((), ())
