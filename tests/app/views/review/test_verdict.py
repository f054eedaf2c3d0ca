"""The reader's word: what is signed, what is refused, and what came in between."""

from dataclasses import replace

import pytest

from app.domain.annotations import PrototypeJudgement
from app.services import review
from app.services.workplace import Workplace
from tests.app.views.screen import Screen


def test_accepting_saves_a_revision_that_is_listed(film: Screen, place: Workplace) -> None:
    film.choose("Verdict", "accept")
    film.choose("Confidence", 5)
    film.write("Remarks", "As I see it.")
    film.press("Save revision 1")
    assert "Saved as revision 1" in film.text
    assert "Revisions (1)" in film.text
    assert "As I see it." in film.text
    assert film.buttons("Save revision 2")


def test_a_rejection_names_the_right_label(film: Screen, place: Workplace) -> None:
    assert not film.has("Corrected label")
    film.choose("Verdict", "reject")
    film.choose("Confidence", 4)
    film.press("Save revision 1")
    assert "without saying what is right" in film.errors[0]
    film.choose("Corrected label", "none")
    film.press("Save revision 1")
    sheet = review.open_case(place, film.case_id)
    assert sheet.annotation is not None
    assert (sheet.annotation.verdict, sheet.annotation.corrected_label) == ("reject", "none")


def test_nothing_is_saved_before_verdict_and_confidence_are_chosen(film: Screen) -> None:
    assert film.buttons("Save revision 1")[0].disabled
    film.choose("Verdict", "accept")
    assert film.buttons("Save revision 1")[0].disabled


def test_judgements_of_prototypes_are_saved_with_the_verdict(
    film: Screen, place: Workplace
) -> None:
    film.choose("As a reason for the prediction it is", "artefact")
    film.choose("Verdict", "accept")
    film.choose("Confidence", 3)
    assert "Say which artefact it is: p00." in film.text
    film.press("Save revision 1")
    assert film.errors == [
        "Prototype p00 is judged to be an artefact, but not which one. Choose device, text, border "
        "or laterality."
    ]
    assert not review.open_case(place, film.case_id).revisions
    film.choose("Which artefact? Choose one.", "device")
    assert "1 prototype judged" in film.text
    film.press("Save revision 1")
    sheet = review.open_case(place, film.case_id)
    assert sheet.annotation is not None
    (name, judged), *others = sheet.annotation.prototype_judgements.items()
    assert (name, judged.usefulness, judged.artefact, others) == ("p00", "artefact", "device", [])


def test_a_draft_outlives_a_look_at_another_page(film: Screen) -> None:
    case_id = film.case_id
    film.choose("Verdict", "supplement")
    film.write("Remarks", "half a thought")
    film.open("annotations")
    film.open("review")
    film.app.query_params["case"] = case_id
    film.run()
    assert film.app.text_area[0].value == "half a thought"
    assert film.has("Further label")


def test_a_revision_of_somebody_else_is_not_overwritten(film: Screen, place: Workplace) -> None:
    case_id = film.case_id
    film.choose("Verdict", "accept")
    film.choose("Confidence", 3)
    real_sign = review.sign

    def sign_late(*args: object, **named: object) -> object:
        real_sign(place, case_id, verdict="accept", confidence=1, expected_revision=0)
        return real_sign(*args, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review, "sign", sign_late)
        film.press("Save revision 1")
    assert not film.errors
    assert len(review.open_case(place, case_id).revisions) == 1


def test_what_came_in_between_is_shown_and_the_reader_signs_on_top(
    film: Screen, place: Workplace
) -> None:
    case_id = film.case_id
    film.choose("Verdict", "supplement")
    film.choose("Confidence", 2)
    film.write("Remarks", "mine")
    other = replace(place, reader="Reader Two")
    review.sign(
        other,
        case_id,
        verdict="reject",
        confidence=5,
        expected_revision=0,
        corrected_label="none",
        text="theirs",
    )
    film.press("Save revision 1")
    assert film.warnings == [
        "Revision 1 was signed while you were writing. Your entries are kept below. Sign them as "
        "revision 2, or discard them."
    ]
    for words in ("Revision 1** · Reject · confidence 5", "Reader Two", "Label: none", "theirs"):
        assert film.text.count(words) == 2, "beside the form and in its tab"
    assert film.app.text_area[0].value == "mine"
    film.press("Sign as revision 2")
    assert "Saved as revision 2" in film.text and not film.app.warning
    latest = review.open_case(place, case_id).annotation
    assert latest is not None
    assert (latest.revision, latest.verdict, latest.text) == (2, "supplement", "mine")
    assert (latest.confidence, latest.reader) == (2, "Reader One")


def test_what_came_in_between_is_shown_before_the_reader_signs_where_the_page_knows_it(
    film: Screen, place: Workplace
) -> None:
    film.write("Remarks", "mine")
    for revision in (0, 1):
        review.sign(place, film.case_id, verdict="accept", confidence=1, expected_revision=revision)
    film.run()
    assert "Revisions up to 2 were signed while you were writing" in film.warnings[0]
    assert film.buttons("Sign as revision 3")[0].disabled, "the reader's own form is not complete"


def test_the_readers_own_entries_can_be_discarded(film: Screen, place: Workplace) -> None:
    film.write("Remarks", "mine")
    review.sign(
        place, film.case_id, verdict="accept", confidence=1, expected_revision=0, text="theirs"
    )
    film.run()
    film.press("Discard mine")
    assert not film.app.warning and film.app.text_area[0].value == "theirs"
    assert film.buttons("Save revision 2")


def test_entries_equal_to_the_last_revision_are_kept_too_once_they_were_to_be_signed(
    film: Screen, place: Workplace
) -> None:
    case_id = film.case_id
    review.sign(place, case_id, verdict="accept", confidence=1, expected_revision=0, text="first")
    film.run()
    review.sign(place, case_id, verdict="accept", confidence=5, expected_revision=1, text="second")
    with pytest.MonkeyPatch.context() as patch:
        # The page as it was drawn before the second came.
        sheet = replace(
            review.open_case(place, case_id),
            annotation=review.open_case(place, case_id).revisions[0],
            revisions=review.open_case(place, case_id).revisions[:1],
        )
        seen = iter([sheet])
        real = review.open_case
        patch.setattr(review, "open_case", lambda *a, **k: next(seen, None) or real(*a, **k))
        film.press("Save revision 2")
    assert film.app.text_area[0].value == "first"
    film.press("Sign as revision 3")
    assert [one.text for one in review.open_case(place, case_id).revisions] == [
        "first",
        "second",
        "first",
    ]


def test_a_judgement_that_the_reader_left_alone_gives_way_to_the_one_that_came_in_between(
    film: Screen, place: Workplace
) -> None:
    case_id = film.case_id
    film.choose("Verdict", "accept")
    film.choose("Confidence", 3)
    review.sign(
        place,
        case_id,
        verdict="accept",
        confidence=1,
        expected_revision=0,
        prototype_judgements={"p01": PrototypeJudgement(usefulness="useful")},
    )
    film.press("Save revision 1")
    film.press("Sign as revision 2")
    latest = review.open_case(place, case_id).annotation
    assert latest is not None and latest.prototype_judgements["p01"].usefulness == "useful"
