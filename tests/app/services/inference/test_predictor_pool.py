"""The pool with a true model, and its heatmap on the image."""

from pathlib import Path

import numpy as np
import pytest
import torch

from app.domain.bundles import NO_PROTOTYPES
from app.domain.errors import NotFound
from app.domain.interventions.changes import Change, DrawnRegion
from app.domain.marks import Mark
from app.domain.noun import IMAGE
from app.services import explanations, image_data, review
from app.services.adapters.bundle_registry import Registry
from app.services.adapters.image_reader import ImageReader
from app.services.inference import predictor_pool, queue
from app.services.inference.predictor_pool import PredictorPool
from app.services.models import add
from app.services.room.opening import open_room
from app.services.uploading import intake
from app.settings import Settings
from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import UnreadableImage
from dprotonet.images.hashes import pixel_sha256
from dprotonet.images.reader import read_image
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.intervening import intervene
from dprotonet.inference.intervention import Intervention, Region
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.geometry import Placement
from tests.app.services.workplaces import dicom, make_workplace, png
from tests.dprotonet.imported_bundle import make_imported_bundle
from tests.dprotonet.read_bundle import make_read_bundle


def test_a_true_model_predicts_and_explains_an_image_from_intake_to_heatmap(
    sqlite_url: str, tmp_path: Path, assets: Path
) -> None:
    workplace = make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))
    models = PredictorPool(workplace.models)
    case_id = str(intake.add(workplace, png(1, side=40), name="a.png").case_id)
    queue.run_pending(workplace, models)
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.bundle == sheet.model
    assert {row.match.prototype for row in sheet.matches} == {"p00", "p01", "p02", "p03"}
    explanations.request(workplace, case_id, node="prototype:p01")
    queue.run_pending(workplace, models)
    (saved,) = review.open_case(workplace, case_id).explanations
    assert saved.node == "prototype:p01" and saved.passes_forward > 0 and saved.seconds > 0
    assert saved.faithfulness is not None and 0 <= saved.faithfulness.insertion_auc <= 1
    assert saved.agreement is not None and saved.agreement.over == "draws"
    assert 0 < saved.agreement.overlap <= 1
    stored = image_data.stored_heatmap(workplace, saved.heatmap_key)
    assert stored.dtype == np.float32 and stored.shape == (64, 64)
    assert image_data.heatmap(workplace, saved.explanation_id).shape == (40, 42)


def test_an_imported_classifier_reads_an_image_and_is_explained_without_prototypes(
    sqlite_url: str, tmp_path: Path, assets: Path
) -> None:
    settings = Settings(tmp_path / "data", database_url=sqlite_url, assets=assets)
    workplace = make_workplace(settings)
    imported = make_imported_bundle(tmp_path / "elsewhere")
    digest = add(workplace, imported.path).digest
    pool = PredictorPool(workplace.models)
    case_id = str(intake.add(workplace, png(1, side=40), name="a.png", model=digest).case_id)
    queue.run_pending(workplace, pool)
    explanations.request(workplace, case_id, node="class:finding")
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.matches == ()
    assert [saved.node for saved in sheet.explanations] == ["class:finding"]
    room = open_room(workplace, case_id)
    assert (
        room.evidence_note == IMAGE.say(NO_PROTOTYPES)
        and room.waterfall is None
        and room.cards == ()
    )


def test_the_engine_of_the_settings_runs_the_models(assets: Path, monkeypatch) -> None:
    asked = []

    class Noted(Predictor):
        def __init__(self, bundle, device, *, engine) -> None:
            asked.append(engine)
            super().__init__(bundle, device)

    monkeypatch.setattr("dprotonet.inference.predictor.Predictor", Noted)
    registry = Registry((assets / "models",))
    pool = PredictorPool(registry, engine="onnxruntime")
    pool.predict(registry.all()[0].digest, read_image(png(1, side=40)))
    assert asked == ["onnxruntime"]


def test_a_true_mask_reader_draws_all_maps_as_it_predicts(
    sqlite_url: str, tmp_path: Path, assets: Path
) -> None:
    settings = Settings(tmp_path / "data", database_url=sqlite_url, assets=assets)
    info = make_read_bundle(settings.own_models / "read", pictures=False)
    workplace = make_workplace(settings)
    case_id = str(intake.add(workplace, png(1, side=40), name="a.png", model=info.digest).case_id)
    queue.run_pending(workplace, PredictorPool(workplace.models))
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None
    assert len(sheet.instant) == len(info.classes) + len(info.prototype_ids)
    heatmap = image_data.instant_map(workplace, case_id, frame=0, model=info.digest, number=1)
    assert heatmap.shape == (40, 42) and heatmap.max() > 150  # of 255; it was made smaller
    explanations.request(workplace, case_id, node="class:finding", tier="instant")
    queue.run_pending(workplace, PredictorPool(workplace.models))
    measured = {one.node: one.measured for one in review.open_case(workplace, case_id).instant}
    saved = measured["class:finding"]
    assert saved is not None and saved.faithfulness is not None and saved.passes_backward == 0
    assert saved.agreement is not None and saved.agreement.over == "views"
    exact = image_data.heatmap(workplace, saved.explanation_id)
    assert np.abs(exact.astype(int) - heatmap).max() < 20  # of 255


def test_the_heatmap_on_the_image_is_the_librarys_own() -> None:
    chance = np.random.default_rng(0)
    for stored, aspect in (((300, 180), 1.0), ((64, 200), 1.0), ((500, 500), 0.8)):
        placement = Placement.of(stored, 64, aspect)
        values = chance.random((64, 64), dtype=np.float32)
        theirs = placement.map_to_stored(torch.from_numpy(values)).numpy()
        ours = image_data.on_image(values, placement)
        assert ours.shape == stored
        np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_a_model_that_is_loaded_before_it_is_needed_explains_without_delay(
    sqlite_url: str, tmp_path: Path, assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dprotonet.modeling.freezing import frozen

    workplace = make_workplace(Settings(tmp_path / "data", database_url=sqlite_url, assets=assets))
    models = PredictorPool(workplace.models)
    case_id = str(intake.add(workplace, png(1, side=40), name="a.png").case_id)
    sheet = review.open_case(workplace, case_id)
    models.load(str(sheet.model))

    def too_late(*_args: object) -> None:
        raise AssertionError("frozen only when a reader waits for it")

    monkeypatch.setattr(frozen, "_make", too_late)
    queue.run_pending(workplace, models)
    explanations.request(workplace, case_id, node="class")
    queue.run_pending(workplace, models)
    assert review.open_case(workplace, case_id).explanations


def test_a_model_too_many_pushes_out_the_one_used_longest_ago(
    assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry((assets / "models",))
    first, second = (info.digest for info in registry.all())
    model_pool = PredictorPool(registry)
    for digest in (first, second, first):
        model_pool.load(digest)
    assert list(model_pool._loaded) == [second, first]
    monkeypatch.setattr(predictor_pool, "MOST_MODELS", 1)
    model_pool.load(second)  # it was loaded before, so nothing has to leave
    assert list(model_pool._loaded) == [first, second]
    model_pool._loaded.pop(first)
    model_pool.load(first)
    assert list(model_pool._loaded) == [first]
    with pytest.raises(NotFound):
        model_pool.load("0" * 64)


def test_images_are_decoded_in_a_child_process(tmp_path: Path) -> None:
    reader = ImageReader()
    try:
        path = tmp_path / "image"
        path.write_bytes(dicom(3))
        facts, digest = reader.look(path)
        assert (facts.format, facts.study_uid) == ("dicom", "1.2.3")
        assert digest == pixel_sha256(path)
        assert reader.read(path).shape == (16, 18)
        with pytest.raises(UnreadableImage):
            reader.look(dicom(3)[:-200])
    finally:
        reader.close()


def test_a_true_model_is_asked_what_it_says_without_a_region_and_reads_the_image_once(
    assets: Path,
) -> None:
    registry = Registry((assets / "models",))
    digest = registry.all()[0].digest
    pool = PredictorPool(registry)
    image = read_image(png(1, side=62))  # 62 × 64: it is not resized
    before, reads = pool.predict(digest, image), []

    def read() -> GrayOrColourImage:
        reads.append(1)
        return image

    box = Mark("rectangle", ((5.0, 8.0), (25.0, 30.0)))
    mask = np.zeros(image.shape, bool)
    mask[8:30, 5:25] = True
    asked = {"image_key": "a:0", "before": before, "site": None}
    for region in (None, DrawnRegion((box,), "hide"), DrawnRegion((box,), "keep", "mean")):
        change = Change(off=("p01",), region=region)
        result = pool.intervene(digest, read, change=change, **asked)  # type: ignore[arg-type]
        theirs = region and Region(mask, region.action, region.fill)
        predictor = Predictor(Bundle.load(registry.get(digest).path))
        assert result.logits == pytest.approx(
            intervene(predictor, image, Intervention(("p01",), theirs)).logits
        )
    assert len(reads) == 1
