"""The reader's verdict: what is signed, what is refused, and newer revisions of others."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.services import review
from app.services.workplace import Workplace
from tests.app.views.screen import Screen


def test_accepting_saves_a_revision_that_is_listed(image: Screen, workplace: Workplace) -> None:
    image.choose("Verdict", "accept")
    image.choose("Confidence", 5)
    image.write("Remarks", "As I see it.")
    image.press("Save revision 1")
    assert "Saved as revision 1" in image.text
    assert "Revisions (1)" in image.text
    assert "As I see it." in image.text
    assert image.buttons("Save revision 2")


def test_a_rejection_names_the_right_label(image: Screen, workplace: Workplace) -> None:
    assert not image.has("Corrected label")
    image.choose("Verdict", "reject")
    image.choose("Confidence", 4)
    image.press("Save revision 1")
    assert "without saying what is right" in image.errors[0]
    image.choose("Corrected label", "none")
    image.press("Save revision 1")
    sheet = review.open_case(workplace, image.case_id)
    assert sheet.annotation is not None
    assert (sheet.annotation.verdict, sheet.annotation.corrected_label) == ("reject", "none")


def test_nothing_is_saved_before_verdict_and_confidence_are_chosen(image: Screen) -> None:
    assert image.buttons("Save revision 1")[0].disabled
    image.choose("Verdict", "accept")
    assert image.buttons("Save revision 1")[0].disabled


def test_judgements_of_prototypes_are_saved_with_the_verdict(
    image: Screen, workplace: Workplace
) -> None:
    image.choose("As evidence for the prediction, it is", "artefact")
    image.choose("Verdict", "accept")
    image.choose("Confidence", 3)
    assert "Choose which artefact it is: p01." in image.text
    image.press("Save revision 1")
    assert image.errors == [
        "Prototype p01 is judged to be an artefact, but not which one. Choose device, text, border "
        "or laterality."
    ]
    assert not review.open_case(workplace, image.case_id).revisions
    image.choose("Which artefact? Choose one.", "device")
    assert "1 prototype judged" in image.text
    image.press("Save revision 1")
    sheet = review.open_case(workplace, image.case_id)
    assert sheet.annotation is not None
    (name, judged), *others = sheet.annotation.prototype_judgements.items()
    assert (name, judged.usefulness, judged.artefact, others) == ("p01", "artefact", "device", [])


def test_a_revision_of_somebody_else_is_not_overwritten(
    image: Screen, workplace: Workplace
) -> None:
    case_id = image.case_id
    image.choose("Verdict", "accept")
    image.choose("Confidence", 3)
    real_sign = review.sign

    def sign_late(*args: object, **named: object) -> object:
        real_sign(workplace, case_id, verdict="accept", confidence=1, expected_revision=0)
        return real_sign(*args, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review, "sign", sign_late)
        image.press("Save revision 1")
    assert not image.errors
    assert len(review.open_case(workplace, case_id).revisions) == 1


def test_a_revision_of_another_reader_is_shown_and_this_reader_signs_on_top(
    image: Screen, workplace: Workplace
) -> None:
    case_id = image.case_id
    image.choose("Verdict", "supplement")
    image.choose("Confidence", 2)
    image.write("Remarks", "mine")
    other = workplace.of(Actor("Reader Two"))
    review.sign(
        other,
        case_id,
        verdict="reject",
        confidence=5,
        expected_revision=0,
        corrected_label="none",
        text="theirs",
    )
    image.press("Save revision 1")
    assert image.warnings == [
        "Revision 1 was signed while you were writing. Your entries are kept below. Sign them as "
        "revision 2, or discard them."
    ]
    for text in ("Revision 1** · Reject · confidence 5", "Reader Two", "Label: none", "theirs"):
        assert image.text.count(text) == 2, "beside the form and in its tab"
    assert image.app.text_area[0].value == "mine"
    image.press("Sign as revision 2")
    assert "Saved as revision 2" in image.text and not image.app.warning
    latest = review.open_case(workplace, case_id).annotation
    assert latest is not None
    assert (latest.revision, latest.verdict, latest.text) == (2, "supplement", "mine")
    assert (latest.confidence, latest.reader) == (2, "Reader One")


def test_newer_revisions_are_shown_before_the_reader_signs_where_the_page_knows_them(
    image: Screen, workplace: Workplace
) -> None:
    image.write("Remarks", "mine")
    for revision in (0, 1):
        review.sign(
            workplace, image.case_id, verdict="accept", confidence=1, expected_revision=revision
        )
    image.run()
    assert "Revisions up to 2 were signed while you were writing" in image.warnings[0]
    assert image.buttons("Sign as revision 3")[0].disabled, "the reader's own form is not complete"


def test_the_readers_own_entries_can_be_discarded(image: Screen, workplace: Workplace) -> None:
    image.write("Remarks", "mine")
    review.sign(
        workplace, image.case_id, verdict="accept", confidence=1, expected_revision=0, text="theirs"
    )
    image.run()
    image.press("Discard my entries")
    assert not image.app.warning and image.app.text_area[0].value == "theirs"
    assert image.buttons("Save revision 2")
