from __future__ import annotations

import pytest

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound, Refused
from app.services import batch_export, batches, models, review
from app.services.checks import site_choice
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from dprotonet.errors import WrongRequest
from dprotonet.inference.site_settings import SiteSettings
from tests.app.services.checks.conftest import site_settings
from tests.app.services.workplaces import FakePool, png

DIM = png(level=90)  # 35 %: below the model's own threshold, above the site's


def test_nothing_is_used_until_somebody_chooses_it(
    workplace: Workplace, info: BundleInfo, own: SiteSettings
) -> None:
    assert site_choice.state(workplace, info.digest).in_use is None
    site_choice.use(workplace, info.digest, own)
    assert site_choice.state(workplace, info.digest).in_use == own
    site_choice.stop(workplace, info.digest)
    assert site_choice.state(workplace, info.digest).in_use is None


def test_who_chose_and_when_is_kept(
    workplace: Workplace, info: BundleInfo, own: SiteSettings
) -> None:
    site_choice.use(workplace, info.digest, own)
    site_choice.stop(workplace, info.digest)
    steps = site_choice.state(workplace, info.digest).steps
    assert [(step.action, step.digest, step.by) for step in steps] == [
        ("use", own.digest, workplace.reader),
        ("stop", own.digest, workplace.reader),
    ]
    assert steps[0].at < steps[1].at


def test_settings_of_another_model_are_refused(workplace: Workplace, info: BundleInfo) -> None:
    with pytest.raises(WrongRequest, match="fitted for the model"):
        site_choice.use(workplace, info.digest, site_settings(info, bundle="c" * 64))
    with pytest.raises(Refused, match="in use already"):
        site_choice.stop(workplace, info.digest)


def test_new_images_are_read_under_them_and_the_others_keep_theirs(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, pool: FakePool
) -> None:
    before = intake.add(workplace, DIM, name="a.png").case_id or ""
    queue.run_pending(workplace, pool)
    site_choice.use(workplace, info.digest, own)
    after = intake.add(workplace, png(level=91), name="b.png").case_id or ""
    queue.run_pending(workplace, pool)
    old, new = (review.open_case(workplace, case).prediction for case in (before, after))
    assert old is not None and new is not None
    assert (old.label, old.site) == ("none", None)
    assert (new.label, new.site) == ("finding", own.stamp)
    assert new.threshold == 0.2


def test_a_case_follows_when_it_is_told_to_and_both_predictions_stay(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, pool: FakePool
) -> None:
    case_id = intake.add(workplace, DIM, name="a.png").case_id or ""
    queue.run_pending(workplace, pool)
    site_choice.use(workplace, info.digest, own)
    sheet = review.open_case(workplace, case_id)
    assert (sheet.case.site, sheet.site_in_use) == ("", own.digest)
    review.follow_site(workplace, case_id)
    assert review.open_case(workplace, case_id).prediction is None  # not the one of before
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.label == "finding"
    (row,) = review.list_cases(workplace).rows
    assert (row.label, row.site) == ("finding", own.digest)
    count = len(pool.predicted)
    site_choice.stop(workplace, info.digest)
    review.follow_site(workplace, case_id)
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.label == "none"
    assert len(pool.predicted) == count  # the first prediction was still there


def test_another_model_has_its_own_choice(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, pool: FakePool
) -> None:
    site_choice.use(workplace, info.digest, own)
    case_id = intake.add(workplace, DIM, name="a.png").case_id or ""
    other = next(one for one in models.all(workplace) if one.digest != info.digest)
    review.set_case_model(workplace, case_id, other.digest)
    queue.run_pending(workplace, pool)
    prediction = review.open_case(workplace, case_id).prediction
    assert prediction is not None and prediction.site is None


def test_a_batch_is_read_under_what_was_in_use_at_its_start(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, pool: FakePool
) -> None:
    site_choice.use(workplace, info.digest, own)
    job = batches.start_upload(workplace, [("a.png", DIM), ("b.png", png(level=91))])
    site_choice.stop(workplace, info.digest)
    queue.run_pending(workplace, pool)
    rows = batches.rows(workplace, job.job_id).rows
    assert [row.label for row in rows] == ["finding", "finding"]
    exported = batch_export.as_json(workplace, job.job_id).decode()
    assert own.digest in exported and own.stamp.text in exported
    assert own.digest in batch_export.as_csv(workplace, job.job_id).decode()


def test_an_image_that_is_read_again_in_a_batch_keeps_what_its_case_shows(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, pool: FakePool
) -> None:
    case_id = intake.add(workplace, DIM, name="a.png").case_id or ""
    queue.run_pending(workplace, pool)
    site_choice.use(workplace, info.digest, own)
    job = batches.start_upload(workplace, [("a.png", DIM)])
    queue.run_pending(workplace, pool)
    (row,) = batches.rows(workplace, job.job_id).rows
    assert (row.state, row.label) == ("duplicate", "finding")
    prediction = review.open_case(workplace, case_id).prediction
    assert prediction is not None and prediction.label == "none"


def test_settings_that_are_not_kept_are_one_sentence(
    workplace: Workplace, info: BundleInfo
) -> None:
    with (
        workplace.store.read() as tx,
        pytest.raises(NotFound, match="Read it with the model's own threshold"),
    ):
        site_choice.settings(tx, info.digest, "d" * 64)


def test_what_is_signed_is_what_was_shown(
    workplace: Workplace, info: BundleInfo, own: SiteSettings, pool: FakePool
) -> None:
    site_choice.use(workplace, info.digest, own)
    case_id = intake.add(workplace, DIM, name="a.png").case_id or ""
    queue.run_pending(workplace, pool)
    signed = review.sign(workplace, case_id, verdict="accept", confidence=3, expected_revision=0)
    assert signed.predicted_label == "finding"
