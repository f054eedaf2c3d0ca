"""The files of a batch: filtered, sorted, and what the readers say of each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from app.domain.figures.agreement import AgreementCounts
from app.services import batches, review
from app.services.workplace import Workplace
from app.views.batch.files import agreement_text
from tests.app.services.workplaces import FakePool, by_brightness, png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


def test_files_of_one_name_are_shown_with_their_path(page: Screen, worker: Worker) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in ("p1/image.png", "p2/image.png", "p2/other.png"):
            archive.writestr(path, png(len(path) + ord(path[1])))
    page.upload(("images.zip", packed.getvalue())).press("Start")
    worker()
    page.run()
    assert [len(page.buttons(f"p{n}/image.png")) for n in (1, 2)] == [1, 1]
    assert page.buttons("other.png") and not page.buttons("p2/other.png")


def test_refused_images_are_counted_and_filtered_apart_from_errors(
    page: Screen, worker: Worker, pool: FakePool
) -> None:
    pool.gate = by_brightness
    files = [(f"{level}.png", png(1, level=level)) for level in (10, 110, 230)]
    page.upload(*files, ("broken.png", png(2)[:90])).press("Start")
    worker()
    page.run()
    progress = page.app.get("progress")[0].proto.text
    assert progress == "4 of 4 files · 1 not readable · 1 refused by the model · finished"
    assert page.text.count("%") == 2 and "Unlike the training data" in page.text
    assert ":orange-badge[refused]" in page.text and ":orange-badge[caution]" in page.text
    page.choose("State", "Refused")
    assert page.buttons("10.png") and not page.buttons("230.png")
    assert "%" not in page.text and "finding" not in page.text.replace("most probable finding", "")
    assert "No prediction. Unlike what this model was trained on: distance 4.50" in page.text
    page.choose("State", "Errors")
    assert "broken.png" in page.text and not page.buttons("10.png")


def names(page: Screen) -> list[str]:
    return [b.label.replace("\\", "") for b in page.app.button if str(b.key).startswith("open-")]


def test_files_are_sorted_by_what_the_model_said(page: Screen, worker: Worker) -> None:
    page.upload(*[(f"{level}.png", png(1, level=level)) for level in (110, 230, 10)])
    page.press("Start")
    worker()
    page.run()
    assert names(page) == ["110.png", "230.png", "10.png"]
    page.choose("Order", "finding")
    assert names(page) == ["230.png", "110.png", "10.png"]
    page.choose("Order", "doubt")
    assert names(page)[0] == "110.png"
    page.write("Find", "23")
    assert names(page) == ["230.png"]


def test_agreement_stands_beside_the_prediction_and_is_counted(
    page: Screen, workplace: Workplace, worker: Worker
) -> None:
    page.upload(*[(f"{n}.png", png(n, level=230)) for n in range(3)]).press("Start")
    worker()
    rows = batches.rows(workplace, batches.batches(workplace)[0].job.job_id).rows
    for row, verdict in zip(rows, ("accept", "reject"), strict=False):
        review.sign(
            workplace,
            str(row.case_id),
            verdict=verdict,  # type: ignore[arg-type]
            confidence=4,
            expected_revision=0,
            text="no" if verdict == "reject" else "",
        )
    page.run()
    assert "agree with **1** predictions, disagree with **1** (50 % of those read); **1** not" in (
        page.text
    )
    assert page.text.count("thumb_up: agrees") == page.text.count("thumb_down: disagrees") == 1
    page.choose("Readers", "Disagreed")
    assert names(page) == ["1.png"]


def test_the_share_of_disagreement_is_said_once_something_was_read() -> None:
    assert "%" not in agreement_text(AgreementCounts(0, 0, 4))
    assert "(25 % of those read)" in agreement_text(AgreementCounts(3, 1, 0))


def test_each_image_has_its_thumbnail(page: Screen, worker: Worker) -> None:
    page.upload(("a_b.png", png(1)), ("no.png", b"x")).press("Start")
    worker()
    page.run()
    assert page.text.count("/api/thumbnail/") == 1 and "Thumbnail of a_b.png" in page.text
