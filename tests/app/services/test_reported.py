"""Files that people reported: each is its own case, and says what the shell says of it.

A01, A03, A16, B02 and K29 hold the same values under another window, table or shape of pixels. H03
and G04 state five frames and hold three and two. The archive holds three images of one name.
"""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from app.services import batch_export, batches, explanations, review
from app.services.inference import queue
from app.services.inference.predictor_pool import PredictorPool
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.cli.main import main
from dprotonet.images.reader import inspect
from tests.app.services.workplaces import FakePool, make_workplace
from tests.paths import REPORTS

SAME_PIXELS = ("A01", "A03", "A16", "B02", "K29")
FRAMES_MISSING = ("H03", "G04")


@pytest.fixture
def alone(sqlite_url: str, tmp_path: Path, assets: Path) -> Workplace:
    return make_workplace(Settings(tmp_path / "own", database_url=sqlite_url, assets=assets))


@pytest.fixture(scope="module")
def said_by_the_shell(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """File name to the probability of the second class of its first frame."""
    out = io.StringIO()
    images = [str(REPORTS / f"{name}.dcm") for name in (*SAME_PIXELS, *FRAMES_MISSING)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        main(["predict", *images, "--model", str(assets / "models" / "nih-pneumonia")])
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    return {
        Path(record["path"]).stem: record["probabilities"]["finding"]
        for record in records
        if record["frame"] == 0
    }


def test_the_same_values_shown_otherwise_are_predicted_each_by_itself(
    alone: Workplace, said_by_the_shell: dict[str, float]
) -> None:
    pool = PredictorPool(alone.models)
    taken = {}
    for name in SAME_PIXELS:
        taken[name] = intake.add(alone, REPORTS / f"{name}.dcm", name=f"{name}.dcm")
    assert {one.outcome for one in taken.values()} == {"added"}
    queue.run_pending(alone, pool)
    sheets = {n: review.open_case(alone, str(one.case_id)) for n, one in taken.items()}
    result = {n: sheet.prediction.probabilities["finding"] for n, sheet in sheets.items()}  # type: ignore[union-attr]
    assert result == pytest.approx({name: said_by_the_shell[name] for name in SAME_PIXELS})
    assert len(set(result.values())) == 5
    # What was the first case is named by the others, also where a batch of them is exported.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in SAME_PIXELS:
            archive.write(REPORTS / f"{name}.dcm", f"set/{name}.dcm")
    job = batches.start_upload(alone, [("set.zip", packed.getvalue())])
    queue.run_pending(alone, pool)
    text = batch_export.as_csv(alone, job.job_id).decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["status"] for line in lines] == ["duplicate"] * 5
    assert {line["file"][:3]: float(line["p(finding)"]) for line in lines} == pytest.approx(result)
    twins = [name for name, sheet in sheets.items() if sheet.twins]
    first = str(taken[twins[0]].case_id)
    named = {line["file"][:3]: line["same_pixels_as"] for line in lines}
    assert len(twins) > 1
    assert named == {n: first if n in twins[1:] else "" for n in SAME_PIXELS}


def test_five_images_of_one_archive_are_five_cases(
    alone: Workplace, said_by_the_shell: dict[str, float]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in SAME_PIXELS:
            archive.write(REPORTS / f"{name}.dcm", f"{name}.dcm")
    job = batches.start_upload(alone, [("set.zip", packed.getvalue())])
    queue.run_pending(alone, PredictorPool(alone.models))
    rows = batches.rows(alone, job.job_id).rows
    assert [row.state for row in rows] == ["done"] * 5
    assert len({row.case_id for row in rows}) == 5
    result = {row.name[:3]: row.probabilities["finding"] for row in rows}
    assert result == pytest.approx({name: said_by_the_shell[name] for name in SAME_PIXELS})


def test_heatmaps_of_the_same_values_are_made_for_each_case(
    alone: Workplace, pool: FakePool
) -> None:
    cases = [intake.add(alone, REPORTS / f"{n}.dcm", name=n).case_id for n in ("A01", "A16")]
    queue.run_pending(alone, pool)
    for case_id in cases:
        explanations.request(alone, str(case_id), node="class:finding", tier="draft")
    queue.run_pending(alone, pool)
    maps = [review.open_case(alone, str(case_id)).explanations for case_id in cases]
    assert [one.case_id for (one,) in maps] == cases
    assert len(pool.explained) == 2


@pytest.mark.parametrize("name", FRAMES_MISSING)
def test_frames_that_are_stated_and_missing_keep_no_image_out(
    alone: Workplace, said_by_the_shell: dict[str, float], name: str
) -> None:
    taken = intake.add(alone, REPORTS / f"{name}.dcm", name=f"{name}.dcm")
    assert taken.outcome == "added"
    queue.run_pending(alone, PredictorPool(alone.models))
    sheet = review.open_case(alone, str(taken.case_id))
    assert sheet.case.facts.frames == inspect(REPORTS / f"{name}.dcm").frames
    assert sheet.prediction is not None
    assert sheet.prediction.probabilities["finding"] == pytest.approx(said_by_the_shell[name])


def test_images_of_one_name_are_told_apart_by_their_path(alone: Workplace, pool: FakePool) -> None:
    data = (REPORTS / "z05_same_names.zip").read_bytes()
    job = batches.start_upload(alone, [("z05.zip", data)])
    queue.run_pending(alone, pool)
    rows = batches.rows(alone, job.job_id).rows
    assert [row.name for row in rows] == ["film.jpg"] * 3
    assert [row.path for row in rows] == ["p1/film.jpg", "p2/film.jpg", "p3/film.jpg"]
    assert all(row.shares_name for row in rows)
    lines = csv.DictReader(io.StringIO(batch_export.as_csv(alone, job.job_id).decode()))
    assert [line["path"] for line in lines] == [row.path for row in rows]
    files = json.loads(batch_export.as_json(alone, job.job_id))["files"]
    assert [file["path"] for file in files] == [row.path for row in rows]
    review.delete_case(alone, str(rows[0].case_id))
    assert batches.rows(alone, job.job_id).rows[0].path == ""


def test_two_archives_of_the_same_paths_are_told_apart_by_their_names(
    alone: Workplace, pool: FakePool
) -> None:
    data = (REPORTS / "z05_same_names.zip").read_bytes()
    items = [("north.zip", data), ("south.zip", data), ("ward/image.jpg", b"text")]
    job = batches.start_upload(alone, items)
    assert [row.path for row in batches.rows(alone, job.job_id).rows] == [
        *(f"north.zip/p{n}/film.jpg" for n in (1, 2, 3)),
        *(f"south.zip/p{n}/film.jpg" for n in (1, 2, 3)),
        "ward/image.jpg",
    ]


def test_a_path_that_one_upload_holds_twice_is_numbered(alone: Workplace, pool: FakePool) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a/film.jpg", b"one")
        archive.writestr("a/film.jpg", b"two")
    items = [("day.zip", packed.getvalue()), ("x.jpg", b"three"), ("x.jpg", b"four")]
    job = batches.start_upload(alone, items)
    assert [row.path for row in batches.rows(alone, job.job_id).rows] == [
        "day.zip/a/film.jpg",
        "day.zip/a/film.jpg (2)",
        "x.jpg",
        "x.jpg (2)",
    ]
