"""The list, the sheet, and the signature that loses nothing."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.domain.actors import Actor, Role
from app.domain.annotations import PrototypeJudgement
from app.domain.cases import CaseFilters
from app.domain.errors import Conflict, Forbidden, NotFound, Refused
from app.services import explanations, jobs, models, review
from app.services.inference import queue
from app.services.inference.failures import UNEXPECTED
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import (
    CAUTION,
    OUTSIDE,
    FakePool,
    by_brightness,
    dicom,
    png,
)
from tests.paths import ROOT


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    taken = intake.add(workplace, png(1, level=200), name="a.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


def sign(workplace: Workplace, case_id: str, expected_revision: int, **more: object) -> None:
    choices = {"verdict": "accept", "confidence": 4, "text": ""} | more
    review.sign(workplace, case_id, expected_revision=expected_revision, **choices)  # type: ignore


def test_a_sheet_holds_prediction_prototypes_and_their_sources(
    workplace: Workplace, case_id: str
) -> None:
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.label == "finding"
    assert [row.match.prototype for row in sheet.matches] == ["p01", "p03", "p00", "p02"]
    first = sheet.matches[0].sources[0]
    assert first.number == 0 and first.has_picture and first.has_heatmap
    assert not sheet.jobs and not sheet.problem and sheet.classes == ("none", "finding")


def test_a_signed_revision_is_found_again_with_all_it_said(
    workplace: Workplace, case_id: str
) -> None:
    judged = {
        "p00": PrototypeJudgement(similar=True, usefulness="useful"),
        "p01": PrototypeJudgement(usefulness="artefact", artefact="text"),
        "p02": PrototypeJudgement(),
    }
    sign(workplace, case_id, 0, prototype_judgements=judged, text=" =SUM(1) ")
    sign(workplace, case_id, 1, verdict="reject", corrected_label="none", confidence=2)
    sheet = review.open_case(workplace, case_id)
    assert [a.verdict for a in sheet.revisions] == ["accept", "reject"]
    assert sheet.annotation == sheet.revisions[1]
    first = sheet.revisions[0]
    assert first.prototype_judgements == {name: judged[name] for name in ("p00", "p01")}
    assert (first.reader, first.text, first.predicted_label) == ("Reader One", "=SUM(1)", "finding")
    assert review.list_cases(workplace).rows[0].status == "done"


def test_a_second_reader_cannot_overwrite_a_signed_case(workplace: Workplace, case_id: str) -> None:
    sign(workplace, case_id, 0)
    with pytest.raises(Conflict, match="nothing was overwritten"):
        sign(workplace, case_id, 0, verdict="reject", corrected_label="none")
    assert len(review.open_case(workplace, case_id).revisions) == 1
    with pytest.raises(Conflict):
        sign(workplace, case_id, 5)


def test_an_adjudicator_signs_after_another_reader_and_a_reader_does_not(
    workplace: Workplace, case_id: str
) -> None:
    def sign(name: str, role: Role, after: int) -> None:
        actor = Actor(name, "reader", frozenset({role}))
        review.sign(
            workplace.of(actor), case_id, verdict="accept", confidence=3, expected_revision=after
        )

    sign("Ann", "reader", 0)
    with pytest.raises(Forbidden, match="Another reader has signed"):
        sign("Bob", "reader", 1)
    with pytest.raises(Conflict):
        sign("Bob", "reader", 0)
    sign("Ann", "reader", 1)
    sign("Bob", "adjudicator", 2)
    readers = [revision.reader for revision in review.open_case(workplace, case_id).revisions]
    assert readers == ["Ann", "Ann", "Bob"]


def test_threads_signing_at_once_lose_no_revision(workplace: Workplace, case_id: str) -> None:
    refused: list[Conflict] = []
    signed: list[str] = []

    def reader(name: str) -> None:
        for turn in range(4):
            while True:
                with workplace.store.read() as tx:
                    seen = tx.annotations.latest_revision(case_id, frame=0)
                try:
                    sign(workplace, case_id, seen, text=f"{name} {turn}")
                except Conflict as error:
                    refused.append(error)
                    continue
                signed.append(f"{name} {turn}")
                break

    threads = [threading.Thread(target=reader, args=(f"r{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    revisions = review.open_case(workplace, case_id).revisions
    assert [a.revision for a in revisions] == list(range(1, 25))
    assert sorted(a.text for a in revisions) == sorted(signed)


SIGNER = """
import sys
from app.settings import Settings
from app.domain.errors import Conflict
from pathlib import Path
from tests.app.services.workplaces import make_workplace
from app.services import review
data, url, assets, case_id, name = sys.argv[1:]
workplace = make_workplace(Settings(Path(data), database_url=url, assets=Path(assets)), reader=name)
for turn in range(5):
    while True:
        with workplace.store.read() as tx:
            seen = tx.annotations.latest_revision(case_id, frame=0)
        try:
            review.sign(workplace, case_id, verdict="accept", confidence=3, expected_revision=seen,
                        text=f"{name} {turn}")
            break
        except Conflict:
            pass
"""


def test_processes_signing_at_once_lose_no_revision(
    workplace: Workplace, case_id: str, assets: Path
) -> None:
    settings = workplace.settings
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                SIGNER,
                settings.data,
                settings.store_url,
                assets,
                case_id,
                name,
            ],
            cwd=ROOT,
        )
        for name in ("reader 0", "reader 1")
    ]
    assert [process.wait(120) for process in processes] == [0, 0]
    revisions = review.open_case(workplace, case_id).revisions
    assert [a.revision for a in revisions] == list(range(1, 11))
    assert {a.text for a in revisions} == {f"reader {n} {t}" for n in range(2) for t in range(5)}


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"verdict": "maybe"}, "no verdict"),
        ({"confidence": 6}, "between 1 and 5"),
        ({"verdict": "accept", "corrected_label": "none"}, "another label"),
        ({"verdict": "reject"}, "what is right"),
        ({"verdict": "reject", "corrected_label": "finding"}, "the predicted one"),
        ({"verdict": "supplement", "text": "  "}, "empty"),
        ({"text": "x" * 10_001}, "Shorten"),
        ({"prototype_judgements": {"p99": PrototypeJudgement(similar=True)}}, "no prototype"),
        ({"prototype_judgements": {"p00": PrototypeJudgement(usefulness="artefact")}}, "which one"),
    ],
)
def test_a_revision_that_contradicts_itself_is_refused(
    workplace: Workplace, case_id: str, choices: dict, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        sign(workplace, case_id, 0, **choices)
    assert review.open_case(workplace, case_id).revisions == ()


def test_a_deleted_case_is_gone_from_rows_blobs_results_and_jobs(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id, node="class")
    queue.run_pending(workplace, pool)
    explanations.request(workplace, case_id, node="prototype:p01")
    sign(workplace, case_id, 0, prototype_judgements={"p00": PrototypeJudgement(similar=True)})
    assert len(list(workplace.blobs.all_keys())) == 4
    review.delete_case(workplace, case_id)
    assert not list(workplace.blobs.all_keys())
    with pytest.raises(NotFound, match="no longer exists"):
        review.open_case(workplace, case_id)
    from sqlalchemy import text

    with workplace.store.engine.connect() as connection:
        for table in ("case", "prediction", "explanation", "annotation", "job"):
            assert connection.scalar(text(f'SELECT count(*) FROM "{table}"')) == 0
        assert connection.scalar(text("SELECT count(*) FROM prototype_judgement")) == 0


def test_a_heatmap_shared_by_two_cases_outlives_one_of_them(
    workplace: Workplace, pool: FakePool
) -> None:
    # The fake pool draws the same map for both, so both rows name one blob.
    ids = [str(intake.add(workplace, png(n), name=f"{n}.png").case_id) for n in (1, 2)]
    queue.run_pending(workplace, pool)
    for case_id in ids:
        explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    # Two images, their thumbnails, a draft, the usual map.
    assert len(list(workplace.blobs.all_keys())) == 6
    review.delete_case(workplace, ids[0])
    assert len(list(workplace.blobs.all_keys())) == 4
    (saved,) = review.open_case(workplace, ids[1]).explanations
    assert workplace.blobs.exists(saved.heatmap_key)


def test_another_model_for_a_case_gets_its_own_prediction(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    phantom = workplace.models.find("chest-phantom")
    assert phantom is not None
    review.set_case_model(workplace, case_id, phantom.digest)
    assert review.open_case(workplace, case_id).prediction is None
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.model_name == "chest-phantom" and sheet.prediction.bundle == phantom.digest
    with pytest.raises(NotFound, match="Choose another"):
        review.set_case_model(workplace, case_id, "0" * 64)


def test_opening_another_frame_asks_for_its_prediction_once(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = str(intake.add(workplace, dicom(1, frames=3), name="a.dcm").case_id)
    queue.run_pending(workplace, pool)
    first = review.open_case(workplace, case_id, frame=2)
    again = review.open_case(workplace, case_id, frame=2)
    assert first.jobs[0].job_id == again.jobs[0].job_id
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, case_id, frame=2).prediction is not None
    assert len(pool.predicted) == 2
    with pytest.raises(NotFound, match="3 frame"):
        review.open_case(workplace, case_id, frame=3)


def test_a_failed_prediction_says_why_and_can_be_asked_for_again(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = str(intake.add(workplace, png(1), name="a.png").case_id)

    def fail() -> None:
        raise RuntimeError("secret detail of Miller^Anna")

    pool.before_predict = fail
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.problem == UNEXPECTED and not sheet.jobs
    assert review.list_cases(workplace, CaseFilters(status="failed")).total == 1
    pool.before_predict = lambda: None
    review.retry_prediction(workplace, case_id)
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, case_id).prediction is not None


def test_the_list_filters_sorts_and_pages(workplace: Workplace, pool: FakePool) -> None:
    ids = [
        str(intake.add(workplace, png(n, level=level), name=f"image-{n}.png").case_id)
        for n, level in enumerate((10, 200, 30, 240))
    ]
    queue.run_pending(workplace, pool)
    sign(workplace, ids[1], 0)
    late = intake.add(workplace, png(9), name="50%_late.png")

    def names(**filters: object) -> list[str]:
        page = review.list_cases(workplace, CaseFilters(**filters), size=10)  # type: ignore[arg-type]
        return [row.file_name for row in page.rows]

    assert names(order="oldest")[0] == "image-0.png"
    assert names(label="finding", order="name") == ["image-1.png", "image-3.png"]
    assert names(verdict="accept") == names(status="done") == ["image-1.png"]
    assert names(status="waiting") == names(text="50%_") == ["50%_late.png"]
    assert names(text=str(late.case_id)[:6]) == ["50%_late.png"]
    assert names(source="demo") == []
    pages = [review.list_cases(workplace, page=n, size=2) for n in range(3)]
    assert [len(page.rows) for page in pages] == [2, 2, 1]
    assert pages[0].total == 5 and pages[0].pages == 3
    assert len({row.case_id for page in pages for row in page.rows}) == 5


def test_a_case_that_came_before_any_model_gets_the_first_one_there_is(
    workplace: Workplace, pool: FakePool, assets: Path
) -> None:
    from dataclasses import replace

    from app.services.adapters.bundle_registry import Registry

    bare = replace(workplace, models=Registry(()))
    case_id = str(intake.add(bare, png(1), name="a.png").case_id)
    assert "models add" in review.open_case(bare, case_id).problem
    assert review.open_case(workplace, case_id).jobs[0].kind == "predict"
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, case_id).model == models.active(workplace).digest


def test_a_prediction_outlives_its_model_and_says_that_it_is_gone(
    workplace: Workplace, case_id: str
) -> None:
    from dataclasses import replace

    from app.services.adapters.bundle_registry import Registry

    sheet = review.open_case(replace(workplace, models=Registry(())), case_id)
    assert sheet.prediction is not None and sheet.matches == ()
    assert "is no longer installed" in sheet.problem


def test_a_cancelled_waiting_job_is_never_done(workplace: Workplace, pool: FakePool) -> None:
    taken = intake.add(workplace, png(1), name="a.png")
    (job,) = review.open_case(workplace, str(taken.case_id)).jobs
    assert jobs.cancel(workplace, job.job_id).state == "cancelled"
    assert queue.run_pending(workplace, pool) == 0 and not pool.predicted


@pytest.fixture
def refused(workplace: Workplace, pool: FakePool) -> str:
    """A case that the model was not made for."""
    pool.gate = by_brightness
    taken = intake.add(workplace, png(1, level=10), name="dark.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


def test_the_sheet_of_a_refused_image_names_no_class(workplace: Workplace, refused: str) -> None:
    sheet = review.open_case(workplace, refused)
    assert sheet.is_refused and sheet.offered_class is None and not sheet.problem and not sheet.jobs
    assert sheet.prediction is not None and sheet.prediction.support == OUTSIDE
    assert (sheet.prediction.label, sheet.prediction.probabilities) == (None, {})
    similarities = [row.match.similarity for row in sheet.matches]
    assert similarities == sorted(similarities, reverse=True) and len(similarities) == 4
    assert {row.match.contribution for row in sheet.matches} == {0.0}
    (row,) = review.list_cases(workplace).rows
    assert (row.status, row.label, row.probability) == ("refused", None, None)
    assert review.list_cases(workplace, CaseFilters(label="none")).total == 0


def test_a_reader_says_what_a_refused_image_shows(workplace: Workplace, refused: str) -> None:
    with pytest.raises(Refused, match="no prediction to judge"):
        sign(workplace, refused, 0, verdict="accept")
    sign(workplace, refused, 0, verdict="wrongly refused", corrected_label="finding")
    sign(workplace, refused, 1, verdict="rightly refused", text="A hand.")
    first, second = review.open_case(workplace, refused).revisions
    assert (first.verdict, first.corrected_label) == ("wrongly refused", "finding")
    assert (first.support, first.predicted_label, first.predicted_probability) == (
        "outside",
        None,
        None,
    )
    assert (first.agrees, second.agrees, second.text) == (None, None, "A hand.")
    assert review.list_cases(workplace).rows[0].status == "done"


def test_an_image_at_the_edge_is_predicted_with_a_caution(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    case_id = str(intake.add(workplace, png(1, level=110), name="medium.png").case_id)
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.support == CAUTION
    assert not sheet.is_refused and sheet.offered_class == "finding"
    with pytest.raises(Refused, match="did not refuse"):
        sign(workplace, case_id, 0, verdict="rightly refused")
    sign(workplace, case_id, 0)
    annotation = review.open_case(workplace, case_id).annotation
    assert annotation is not None and (annotation.support, annotation.agrees) == ("caution", True)
    assert review.list_cases(workplace).rows[0].support == "caution"
