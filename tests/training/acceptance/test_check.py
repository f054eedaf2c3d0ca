"""Each figure of a check against the predictions that it is made of."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.images.reader import read_image
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.support import Support
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.training.image_files import image_files
from training.acceptance import check, recalibration, site_calibration
from training.acceptance.check import AcceptanceOptions, accept, known_sources
from training.acceptance.labelled_folder import FolderOptions
from training.evaluation import metrics

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OPTIONS = AcceptanceOptions("Reader One", NOW, site="Ward 3", resamples=20)
TABLE = FolderOptions(table="labels.csv", label_column="finding", patient_column="patient_id")


def predictions_of(bundle: Bundle, folder: Path) -> tuple[list[Prediction], np.ndarray]:
    """What the bundle says of every image of a folder of classes, and the labels."""
    files = [(p, bundle.classes.index(p.parent.name)) for p in sorted(folder.rglob("*.dcm"))]
    predictor = Predictor(bundle)
    found = [predictor.predict(read_image(path)) for path, _ in files]
    return found, np.array([label for _, label in files])


def test_every_figure_is_that_of_the_predictions(bundle: Bundle, by_class: Path) -> None:
    results = accept(bundle, by_class, OPTIONS).results
    predictions, labels = predictions_of(bundle, by_class)
    p = np.array([[one.probabilities[name] for name in bundle.classes] for one in predictions])
    called = np.array([bundle.classes.index(one.label or "") for one in predictions])
    figures = results["figures"]
    assert figures["auroc"]["value"] == pytest.approx(metrics.auroc(p, labels), abs=1e-4)
    assert figures["accuracy"]["value"] == pytest.approx((called == labels).mean(), abs=1e-4)
    found = labels != 0
    assert figures["sensitivity"]["value"] == pytest.approx((called != 0)[found].mean(), abs=1e-4)
    assert figures["specificity"]["value"] == pytest.approx((called == 0)[~found].mean(), abs=1e-4)
    assert figures["brier"] == pytest.approx(metrics.brier(p, labels), abs=1e-4)
    assert figures["ece"] == pytest.approx(metrics.calibration_error(p, labels), abs=1e-4)
    assert sum(b["films"] for b in figures["curves"]["reliability"]) == 12
    assert results["data"]["images_by_class"] == {
        "none": 4,
        "consolidation": 3,
        "nodule": 1,
        "effusion": 4,
    }


def test_intervals_are_by_patient_where_a_table_names_patients(
    bundle: Bundle, exported: Path, by_class: Path
) -> None:
    of_table = accept(bundle, exported, replace(OPTIONS, folder=TABLE)).results
    alone = accept(bundle, by_class, OPTIONS).results
    assert (of_table["data"]["interval_by"], of_table["data"]["patients"]) == ("patient", 5)
    assert (alone["data"]["interval_by"], alone["data"]["patients"]) == ("image", None)
    assert of_table["figures"]["patients"] == 5
    assert of_table["figures"]["auroc"]["value"] == alone["figures"]["auroc"]["value"]
    assert of_table["data"]["images_sha256"] == alone["data"]["images_sha256"]


def test_a_file_that_cannot_be_read_is_counted_and_the_rest_goes_on(
    bundle: Bundle, by_class: Path
) -> None:
    (by_class / "none" / "Doe^Jane.png").write_bytes(b"no image")
    results = accept(bundle, by_class, OPTIONS).results
    assert results["figures"]["films"] == 12
    (file,) = results["data"]["unreadable"]
    assert file["class_name"] == "none" and file["reason"]
    assert "Doe" not in repr(results)
    assert any("1 image(s) cannot be read" in remark for remark in results["remarks"])


def test_a_folder_of_which_nothing_can_be_read_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("none", "effusion"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(b"no image")
    with pytest.raises(ReadableError, match="None of the 2 images can be read"):
        accept(bundle, tmp_path, OPTIONS)


def test_images_that_the_prototypes_were_made_from_are_said_and_left_out(
    bundle: Bundle, by_class: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = accept(bundle, by_class, OPTIONS).results
    assert before["leakage"]["found"] == 0
    assert before["leakage"]["known_sources"] == len(known_sources(bundle)) > 0
    from dprotonet.images.hashes import file_sha256

    known = frozenset(map(file_sha256, sorted((by_class / "none").iterdir())[:2]))
    monkeypatch.setattr(check, "known_sources", lambda bundle: known)
    results = accept(bundle, by_class, OPTIONS).results
    assert results["leakage"]["found"] == 2
    assert results["figures"]["films"] == 10
    assert "2 image(s) are among those that the model's prototypes were made from" in str(
        results["remarks"]
    )


def test_a_phantom_source_is_known_by_its_pixels(bundle: Bundle, exported: Path) -> None:
    import csv

    with (exported / "labels.csv").open(encoding="utf-8") as table:
        digest = next(csv.DictReader(table))["pixels_sha256"]
    first = sorted((exported / "images").iterdir())[0]
    from training.datasets.samples import pixels_sha256

    assert pixels_sha256(read_image(first).pixels) == digest


class GatedPredictor(Predictor):
    """Refuses every second image, as a bundle's gate would."""

    def predict(self, image: object, **named: object) -> Prediction:
        plain = super().predict(image, **named)  # type: ignore[arg-type]
        self.count = getattr(self, "count", 0) + 1
        refused = Support("outside", 9.0, 4.0, 5.0, ("unlike what it was trained on",))
        return replace(plain, support=refused if self.count % 2 else Support("inside", 1.0))


def test_refused_images_are_counted_and_in_no_figure(
    bundle: Bundle, by_class: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "Predictor", GatedPredictor)
    results = accept(bundle, by_class, OPTIONS).results
    gate = results["gate"]
    assert (gate["refused_images"], gate["images"]) == (6, 12)
    assert gate["refused"]["value"] == 0.5
    assert gate["reasons"] == {"unlike what it was trained on": 6}
    assert results["figures"]["films"] == 6
    assert "accuracy" in results["figures_without_gate"]
    assert any("gate refuses 50.0%" in remark for remark in results["remarks"])


def test_where_everything_is_refused_there_are_no_figures(
    bundle: Bundle, by_class: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(Predictor):
        def predict(self, image: object, **named: object) -> Prediction:
            plain = super().predict(image, **named)  # type: ignore[arg-type]
            return replace(plain, support=Support("outside", reasons=("another modality",)))

    monkeypatch.setattr(check, "Predictor", Closed)
    found = accept(bundle, by_class, OPTIONS)
    assert "figures" not in found.results and found.settings is None
    assert any("refuses every image" in remark for remark in found.results["remarks"])


def test_without_a_gate_that_is_said(bundle: Bundle, by_class: Path) -> None:
    results = accept(bundle, by_class, OPTIONS).results
    assert results["gate"] == {"has_gate": False}
    assert any("has no gate" in remark for remark in results["remarks"])


def test_twelve_images_are_too_few_for_settings_and_that_is_said(
    bundle: Bundle, by_class: Path
) -> None:
    found = accept(bundle, by_class, OPTIONS)
    assert found.settings is None
    assert "fewer than 10" in found.results["recalibrated"]["why_not"]


def test_a_file_under_two_classes_is_said(bundle: Bundle, by_class: Path) -> None:
    first = sorted((by_class / "none").iterdir())[0]
    shutil.copy(first, by_class / "effusion" / "again.dcm")
    data = accept(bundle, by_class, OPTIONS).results["data"]
    assert (data["duplicates"], data["duplicates_of_two_classes"]) == (1, 1)


@pytest.fixture
def many(tmp_path: Path) -> tuple[Bundle, Path]:
    """A bundle of two classes with 12 images of each."""
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, path in enumerate(image_files(flat, per_class=12)):
        target = tmp_path / "site" / ("finding" if number % 2 else "none") / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return make_tiny_bundle(tmp_path / "bundle"), tmp_path / "site"


def test_enough_images_give_settings_that_the_predictor_takes(many: tuple[Bundle, Path]) -> None:
    bundle, folder = many
    found = accept(bundle, folder, OPTIONS)
    settings = found.settings
    assert settings is not None
    assert (settings.bundle, settings.images, settings.made_by) == (bundle.digest, 24, "Reader One")
    assert settings.figures["before"]["accuracy"] == found.results["figures"]["accuracy"]
    assert found.results["recalibrated"]["settings_digest"] == settings.digest
    image = read_image(next((folder / "none").iterdir()))
    prediction = Predictor(bundle).predict(image, site=settings)
    assert prediction.site == settings.stamp
    assert prediction.threshold == settings.threshold


def test_the_settings_are_fitted_on_what_the_figures_are_of(
    many: tuple[Bundle, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, folder = many
    counts: list[int] = []

    def noted(logits: Sequence[object], *args: object, **named: object) -> object:
        counts.append(len(logits))
        return site_calibration.fit(logits, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(recalibration, "fit", noted)
    accept(bundle, folder, OPTIONS)
    assert counts == [24]
