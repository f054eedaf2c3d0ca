from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import WrongRequest
from dprotonet.images.reader import read_image
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.predictor import Predictor
from dprotonet.inference.site_settings import (
    SiteSettings,
    read_site_settings,
    write_site_settings,
)
from tests.dprotonet.tiny_bundle import make_tiny_bundle, tiny_images

EXAMPLE = SiteSettings(
    bundle="a" * 64,
    bundle_name="tiny",
    made_by="Reader One",
    made_at="2026-11-26T12:00:00+00:00",
    images=240,
    patients=None,
    images_sha256="b" * 64,
    temperature=1.5,
    offsets={"none": -0.25, "finding": 0.25},
    threshold=0.4,
    figures={"before": {"ece": 0.2}, "after": {"ece": 0.1}},
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> GrayOrColourImage:
    from PIL import Image

    path = tmp_path_factory.mktemp("image") / "a.png"
    Image.fromarray(tiny_images(2)[1]).save(path)
    return read_image(path)


@given(
    temperature=st.floats(0.05, 20),
    threshold=st.none() | st.floats(0, 1),
    offset=st.floats(-10, 10),
    images=st.integers(1, 10**6),
)
def test_settings_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    temperature: float,
    threshold: float | None,
    offset: float,
    images: int,
) -> None:
    path = tmp_path_factory.mktemp("site") / "site_settings.json"
    settings = replace(
        EXAMPLE,
        temperature=temperature,
        threshold=threshold,
        offsets={"none": 0.0, "finding": offset},
        images=images,
    )
    write_site_settings(path, settings)
    again = read_site_settings(path)
    assert again == settings
    assert again.digest == settings.digest


def test_settings_that_were_altered_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "site_settings.json"
    write_site_settings(path, EXAMPLE)
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "threshold": 0.1}))
    with pytest.raises(WrongRequest, match="they were altered"):
        read_site_settings(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "bundle": 3}'])
def test_a_file_that_holds_no_settings_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "site_settings.json"
    path.write_text(text)
    with pytest.raises(WrongRequest, match="python -m training accept"):
        read_site_settings(path)
    with pytest.raises(WrongRequest, match="There is no file"):
        read_site_settings(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"bundle": "a"},
        {"images": 0},
        {"temperature": 0.0},
        {"temperature": math.nan},
        {"threshold": 1.5},
        {"offsets": {}},
        {"offsets": {"none": math.inf}},
        {"made_at": "2026-11-26T12:00:00"},
        {"thresholds": {"none": 0.5, "finding": 0.5}},  # beside a single one
    ],
)
def test_settings_that_contradict_themselves_are_no_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(EXAMPLE, **wrong)  # type: ignore[arg-type]


def test_the_words_of_a_stamp_name_date_and_images() -> None:
    assert EXAMPLE.stamp.text == "threshold and calibration of this site (2026-11-26, 240 images)"
    assert EXAMPLE.stamp.digest == EXAMPLE.digest


def test_a_predictor_uses_them_and_says_so(bundle: Bundle, image: GrayOrColourImage) -> None:
    site = replace(EXAMPLE, bundle=bundle.digest)
    own = Predictor(bundle).predict(image)
    under_site = Predictor(bundle, site=site).predict(image)
    assert own.site is None
    assert under_site.site == site.stamp
    assert under_site.logits == own.logits
    scaled = {n: v / 1.5 + site.offsets[n] for n, v in own.logits.items()}
    odds = np.exp(list(scaled.values()))
    expected = dict(zip(scaled, (odds / odds.sum()).tolist(), strict=True))
    assert under_site.probabilities == pytest.approx(expected)
    assert under_site.threshold == 0.4
    assert under_site.label == ("finding" if expected["finding"] >= 0.4 else "none")


def test_for_one_prediction_they_count_before_those_of_the_predictor(
    bundle: Bundle, image: GrayOrColourImage
) -> None:
    first = replace(EXAMPLE, bundle=bundle.digest)
    second = replace(first, threshold=0.9)
    predictor = Predictor(bundle, site=first)
    assert predictor.predict(image, site=second).site == second.stamp
    assert predictor.predict(image).site == first.stamp


@pytest.mark.parametrize(
    "other",
    [
        {"bundle": "c" * 64},
        {"offsets": {"well": 0.0, "ill": 0.0}},
        {"threshold": None, "thresholds": {"none": 0.5, "finding": 0.5}},
    ],
)
def test_settings_of_another_bundle_are_refused(
    bundle: Bundle, image: GrayOrColourImage, other: dict[str, object]
) -> None:
    site = replace(replace(EXAMPLE, bundle=bundle.digest), **other)  # type: ignore[arg-type]
    with pytest.raises(WrongRequest, match="python -m training accept"):
        Predictor(bundle, site=site)
    with pytest.raises(WrongRequest):
        Predictor(bundle).predict(image, site=site)


def test_a_stored_prediction_keeps_its_settings_and_one_without_has_no_such_key(
    bundle: Bundle, image: GrayOrColourImage
) -> None:
    own = Predictor(bundle).predict(image)
    assert "site" not in own.to_json()
    under_site = Predictor(bundle, site=replace(EXAMPLE, bundle=bundle.digest)).predict(image)
    stored = json.loads(json.dumps(under_site.to_json()))
    assert Prediction.from_json(stored) == under_site
