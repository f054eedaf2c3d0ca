"""A page gets what it shows as it is stored, and a sentence where there is nothing."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.server.asgi import answered_hosts
from app.server.routes.api import own_routes
from app.server.security import Guard
from app.services import batch_export, batches, explanations, models, review
from app.services.downloads import offering
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.viewer import encoding
from app.viewer.assets import viewer_assets
from app.viewer.codes import code_values
from tests.app.asking import Answer, ask
from tests.app.server.servers import let_in
from tests.app.services.workplaces import (
    FakePool,
    active_model,
    dicom,
    make_workplace,
    png,
)
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """An empty workplace with two models."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


@pytest.fixture
def get(workplace: Workplace) -> Callable[..., Answer]:
    """Asks the routes behind the guard, as a browser at this machine would."""
    hosts = answered_hosts(workplace.settings)
    app = Starlette(
        routes=own_routes(lambda: workplace),
        middleware=[Middleware(Guard, hosts=hosts), Middleware(let_in(workplace.actor))],
    )
    return lambda path, host="localhost:8501": ask(app, path, host)


def test_an_images_values_arrive_exactly_and_are_not_kept_by_the_browser(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    case = intake.add(workplace, dicom(1, frames=2), name="image").case_id
    status, headers, body = get(f"/api/pixels/{case}/1")
    assert status == 200
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    head, samples = encoding.unpack(body)
    displayed = code_values(head["knots"], 1 << head["bits"])[samples[..., 0]]
    expected = np.random.default_rng(1).integers(0, 4096, (2, 16, 18))[1]
    np.testing.assert_array_equal(displayed, expected)


def test_a_thumbnail_is_small_grey_and_not_kept_by_the_browser(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    case = intake.add(workplace, dicom(1), name="image").case_id
    status, headers, body = get(f"/api/thumbnail/{case}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert headers["cache-control"] == "no-store"
    with Image.open(io.BytesIO(body)) as picture:
        assert (picture.mode, picture.size) == ("L", (18, 16))
    assert get("/api/thumbnail/0123456789abcdef")[0] == 404


def test_what_is_not_there_is_a_sentence(get: Callable[..., Answer], workplace: Workplace) -> None:
    case = intake.add(workplace, dicom(1), name="image").case_id
    for path in (
        "/api/pixels/0123456789abcdef/0",
        f"/api/pixels/{case}/7",
        "/api/heatmap/0123456789abcdef",
        "/api/gallery/00/p00/0",
        "/api/nearest/00/p00/0",
    ):
        status, _, body = get(path)
        assert status == 404
        assert json.loads(body)["error"].endswith(".") or "--data" in json.loads(body)["error"]


def test_a_saved_heatmap_covers_the_image(get: Callable[..., Answer], workplace: Workplace) -> None:
    case = intake.add(workplace, dicom(1), name="image").case_id or ""
    pool = FakePool()
    queue.run_pending(workplace, pool)
    explanations.request(workplace, case, node="class")
    queue.run_pending(workplace, pool)
    saved = explanations.request(workplace, case, node="class")
    status, _, body = get(f"/api/heatmap/{saved.explanation_id}")
    head, samples = encoding.unpack(body)
    assert (status, head["rows"], head["columns"]) == (200, 16, 18)
    assert samples.max() == 255


def test_a_map_of_the_mask_reader_covers_the_image_without_a_model(
    readers: None, get: Callable[..., Answer], workplace: Workplace
) -> None:
    case = intake.add(workplace, dicom(1), name="image").case_id or ""
    queue.run_pending(workplace, FakePool())
    address = f"/api/instant-map/{case}/0/{review.open_case(workplace, case).model}"
    places = []
    for number in (1, 4):
        status, _, body = get(f"{address}/{number}")
        head, samples = encoding.unpack(body)
        assert (status, head["rows"], head["columns"]) == (200, 16, 18)
        assert samples.max() > 150  # of 255; it was made smaller
        places.append(int(samples[..., 0].sum(axis=0).argmax()))
    assert places[0] < places[1], "each node has its own"
    for wrong in (f"{address}/6", f"/api/instant-map/{case}/0/{'0' * 64}/1"):
        status, _, body = get(wrong)
        assert status == 404 and "no such heatmap" in json.loads(body)["error"]


def test_pictures_of_prototypes_come_with_and_without_their_heatmap(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    active = active_model(workplace)
    for ending in ("", "/heatmap"):
        status, headers, body = get(f"/api/gallery/{active.digest}/p00/0{ending}")
        assert (status, headers["content-type"]) == (200, "image/png")
        assert body.startswith(b"\x89PNG")
    assert get(f"/api/gallery/{active.digest}/p00/99")[0] == 404
    # A bundle of an earlier version keeps no own maps; the card does not ask for them.
    assert get(f"/api/gallery/{active.digest}/p00/0/own-map")[0] == 404


def test_a_training_image_and_its_map_come_as_values_for_the_viewer(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    address = f"/api/gallery/{active_model(workplace).digest}/p00/0"
    for path in (f"{address}/pixels", f"{address}/map"):
        status, headers, body = get(path)
        head, samples = encoding.unpack(body)
        assert (status, headers["content-type"]) == (200, "application/octet-stream")
        assert samples.shape[:2] == (head["rows"], head["columns"]) and samples.max() > 0
    assert get(f"{address}9/pixels")[0] == 404


def test_the_own_map_of_a_source_is_a_picture(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    folder = workplace.settings.own_models / "newer"
    bundle = make_tiny_bundle(folder, name="newer", own_maps=True)
    models.activate(workplace, "newer")
    status, headers, body = get(f"/api/gallery/{bundle.digest}/p00/0/own-map")
    assert (status, headers["content-type"]) == (200, "image/png")
    assert body.startswith(b"\x89PNG")


def test_a_patch_of_a_protopnet_is_a_picture_with_and_without_its_map(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    bundle = make_tiny_bundle(workplace.settings.own_models / "p", name="p", masks="patch")
    models.activate(workplace, "p")
    address = f"/api/nearest/{bundle.digest}/p00/0"
    for path in (address, f"{address}/map"):
        status, headers, body = get(path)
        assert (status, headers["content-type"]) == (200, "image/png")
        assert body.startswith(b"\x89PNG")
    assert get(f"/api/nearest/{bundle.digest}/p00/9")[0] == 404


@pytest.mark.parametrize("name", ["..%2fwire.py", "nothing.js", "room.css"])
def test_only_the_viewers_modules_are_served(get: Callable[..., Answer], name: str) -> None:
    digest = viewer_assets().digest
    assert get(f"/api/viewer/{digest}/room.js")[1]["cache-control"].endswith("immutable")
    for path in (f"/api/viewer/{digest}/{name}", "/api/viewer/0000/room.js"):
        status, headers, _ = get(path)
        assert status == 404
        # Of a page that is older or newer than the server: kept for a year it would stay broken.
        assert headers["cache-control"] == "no-store"


def test_a_store_that_cannot_be_used_is_answered_with_503_and_the_sentence(
    workplace: Workplace, get: Callable[..., Answer]
) -> None:
    workplace.store.close()
    Path(workplace.settings.store_url.removeprefix("sqlite:///")).write_bytes(b"no database" * 999)
    for path in ("/api/pixels/c1/0", "/api/heatmap/e1"):
        status, _, body = get(path)
        assert status == 503
        assert "The database is damaged" in json.loads(body)["error"]


def test_an_original_that_is_not_there_is_answered_with_404(
    workplace: Workplace, get: Callable[..., Answer]
) -> None:
    taken = intake.add(workplace, dicom(1), name="a.dcm")
    for key in list(workplace.blobs.all_keys()):
        workplace.blobs.delete(key)
    status, _, body = get(f"/api/pixels/{taken.case_id}/0")
    assert status == 404 and "The stored file is missing" in json.loads(body)["error"]


def test_a_file_that_is_made_while_it_is_sent_arrives_whole(
    get: Callable[..., Answer], workplace: Workplace
) -> None:
    pool = FakePool()
    job = batches.start_upload(workplace, [("a.png", png(1))])
    queue.run_pending(workplace, pool)
    where = offering.address(
        workplace, batch_export.as_zip, job.job_id, name="batch.zip", kind="application/zip"
    )
    status, headers, body = get(where)
    assert (status, headers["content-type"]) == (200, "application/zip")
    assert "content-length" not in headers and headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None and "results.parquet" in archive.namelist()
