"""The bar of a case: what it is, its twins, its model, its deletion."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.bundles import BundleInfo
from app.services import review
from app.services.editing import proposals
from app.services.workplace import Workplace
from tests.app.services.workplaces import dicom, png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


def test_an_image_under_another_header_leads_to_the_first_with_its_pixels(screen: Screen) -> None:
    screen.upload(("first.dcm", dicom(1)))
    first = screen.case_id
    assert not screen.buttons("The same pixels")
    screen.press("All cases").upload(("again.dcm", dicom(1, study_uid="9.9")))
    assert screen.case_id != first
    label = f"The same pixels as case {first} (first.dcm), with another header"
    assert len(screen.buttons(label)) == 1
    screen.press(label)
    assert screen.case_id == first


def test_a_case_is_read_with_another_model_on_request(
    image: Screen, workplace: Workplace, worker: Worker
) -> None:
    other = workplace.models.find("chest-phantom")
    assert other is not None
    image.choose("Model for this case", other.digest)
    assert "Reading the image" in image.text
    worker()
    image.run()
    sheet = review.open_case(workplace, image.case_id)
    assert sheet.model_name == "chest-phantom"
    assert "4 contributions" in image.text


def test_a_case_is_deleted_only_after_a_confirmation(image: Screen, workplace: Workplace) -> None:
    assert image.buttons("Delete case")[0].disabled
    image.app.checkbox[0].check()
    image.run()
    image.press("Delete case")
    assert "No images yet" in image.text
    assert review.list_cases(workplace).total == 0


def test_a_file_name_is_never_read_as_markup(screen: Screen) -> None:
    screen.upload(("**bold** <b>x</b> [a](b).png", png(1)))
    texts = [m.value for m in screen.app.markdown if "bold" in m.value]
    assert texts == [r"**\*\*bold\*\* \<b\>x\<\/b\> \[a\]\(b\)\.png**"] or all(
        r"\*\*bold" in value for value in texts
    )


def test_the_bar_says_what_the_file_is(screen: Screen) -> None:
    screen.upload(("a.png", png(1)))
    assert "PNG · 18 × 16 · 8 bit" in screen.text


def test_a_version_with_prototypes_off_says_so_and_they_are_no_reasons(
    parent: BundleInfo, workplace: Workplace, screen: Screen, worker: Callable[[], int]
) -> None:
    proposal = proposals.propose(workplace, parent.digest, off=("p01",), tolerance=1e6)
    proposals.approve(workplace, proposal.proposal_id)
    screen.open("review")
    screen.upload(("bright.png", png(level=200)))
    worker()
    screen.run()
    assert "without p01" in screen.text
    shown = {match.match.prototype for match in review.open_case(workplace, screen.case_id).matches}
    assert shown == {"p00", "p02", "p03"}
    assert "p00" in screen.text and "**p01**" not in screen.text
