"""A draft outlives other pages, and a newer revision replaces it only if it was not changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.annotations import PrototypeJudgement
from app.services import review
from app.services.workplace import Workplace
from tests.app.views.screen import Screen


def test_a_draft_outlives_a_visit_to_another_page(image: Screen) -> None:
    case_id = image.case_id
    image.choose("Verdict", "supplement")
    image.write("Remarks", "half a thought")
    image.open("annotations")
    image.open("review")
    image.app.query_params["case"] = case_id
    image.run()
    assert image.app.text_area[0].value == "half a thought"
    assert image.has("Additional label")


def test_unchanged_entries_are_kept_too_once_the_reader_tried_to_sign_them(
    image: Screen, workplace: Workplace
) -> None:
    case_id = image.case_id
    review.sign(
        workplace, case_id, verdict="accept", confidence=1, expected_revision=0, text="first"
    )
    image.run()
    review.sign(
        workplace, case_id, verdict="accept", confidence=5, expected_revision=1, text="second"
    )
    with pytest.MonkeyPatch.context() as patch:
        # The page as it was drawn before the second came.
        sheet = replace(
            review.open_case(workplace, case_id),
            annotation=review.open_case(workplace, case_id).revisions[0],
            revisions=review.open_case(workplace, case_id).revisions[:1],
        )
        seen = iter([sheet])
        real = review.open_case
        patch.setattr(review, "open_case", lambda *a, **k: next(seen, None) or real(*a, **k))
        image.press("Save revision 2")
    assert image.app.text_area[0].value == "first"
    image.press("Sign as revision 3")
    assert [revision.text for revision in review.open_case(workplace, case_id).revisions] == [
        "first",
        "second",
        "first",
    ]


def test_a_judgement_that_the_reader_did_not_change_gives_way_to_a_newer_one(
    image: Screen, workplace: Workplace
) -> None:
    case_id = image.case_id
    image.choose("Verdict", "accept")
    image.choose("Confidence", 3)
    review.sign(
        workplace,
        case_id,
        verdict="accept",
        confidence=1,
        expected_revision=0,
        prototype_judgements={"p01": PrototypeJudgement(usefulness="useful")},
    )
    image.press("Save revision 1")
    image.press("Sign as revision 2")
    latest = review.open_case(workplace, case_id).annotation
    assert latest is not None and latest.prototype_judgements["p01"].usefulness == "useful"
