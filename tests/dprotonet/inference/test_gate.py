import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import SUPPORT
from dprotonet.bundle.parts import FittedSupport
from dprotonet.bundle.scope import Scope
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.bundle.writer import add_support
from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from dprotonet.inference.gate import Gate, judged
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.gate_stage import gate_stage, stage_features
from dprotonet.modeling.support_distance import fit_distance
from tests.dprotonet.tiny_bundle import SIZE, make_tiny_bundle, network_input, tiny_images

LIMITS = SupportLimits("features.13", 1.1, 1.25, 515, 65)
GREY = Scope(modalities=("DX",), colour=False)


def image(pixels: np.ndarray) -> GrayOrColourImage:
    colour = pixels.ndim == 3
    facts = ImageFacts("png", *pixels.shape[:2], 1, colour, 8)
    windows = () if colour else (Window(128, 256),)
    return GrayOrColourImage(pixels, windows, False, None, facts)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("plain") / "b", pictures=False)


@pytest.fixture(scope="module")
def gated(plain, tmp_path_factory):
    """The same bundle with a gate that was fitted to images of its kind."""
    folder = tmp_path_factory.mktemp("gated") / "b"
    shutil.copytree(plain.path, folder)
    bundle, stage = Bundle.load(folder), gate_stage("small")
    with torch.inference_mode():
        fitted, others = (
            stage_features(
                bundle.model.backbone, stage, network_input(tiny_images(2, 40, seed=seed))
            )
            for seed in (3, 5)
        )
    distance = fit_distance(fitted)
    own = distance(others)
    limits = SupportLimits(stage, float(own.quantile(0.9)), 1.2 * float(own.max()), 80, 80)
    return add_support(bundle, FittedSupport(distance, limits), GREY)


@pytest.fixture(scope="module")
def film():
    return image(tiny_images(2, 1, seed=4)[0])


BLANK = image(np.full((SIZE, SIZE), 255, np.uint8))


def test_a_distance_has_a_verdict_and_a_reason_in_words():
    assert judged(1.0, LIMITS).verdict == "inside"
    assert judged(1.1, LIMITS).verdict == "caution"
    outside = judged(2.612, LIMITS, ("modality US; this model takes DX",))
    assert outside.verdict == "outside"
    assert outside.reasons == (
        "unlike what this model was trained on: distance 2.61, its limit is 1.25",
        "modality US; this model takes DX",
    )


def test_an_objection_alone_is_enough():
    support = judged(1.0, LIMITS, ("modality US; this model takes DX",))
    assert support.verdict == "outside"
    assert support.reasons == ("modality US; this model takes DX",)


def test_a_bundle_without_scope_and_distance_has_no_gate(plain, film):
    assert Gate.of(plain) is None
    prediction = Predictor(plain).predict(film)
    assert prediction.support is None
    assert prediction.label is not None


def test_an_image_of_its_kind_gets_the_label_it_got_without_the_gate(plain, gated, film):
    before, after = Predictor(plain).predict(film), Predictor(gated).predict(film)

    assert after.support is not None and after.support.supported
    assert after.support.distance is not None
    assert after.probabilities == before.probabilities
    assert after.label == before.label


def test_another_image_gets_no_label(gated):
    prediction = Predictor(gated).predict(BLANK)

    assert prediction.label is None
    assert prediction.support is not None
    assert prediction.support.distance > prediction.support.threshold
    assert len(prediction.matches) == len(gated.prototypes)


def test_without_the_gate_it_is_scored_and_the_verdict_is_still_said(plain, gated):
    prediction = Predictor(gated, gate=False).predict(BLANK)

    assert not prediction.supported
    assert prediction.probabilities == Predictor(plain).predict(BLANK).probabilities


def test_colours_are_outside_of_a_scope_of_grey_images(gated):
    photograph = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
    support = Predictor(gated).predict(image(photograph)).support

    assert support is not None
    assert "a colour image; this model takes grey images" in support.reasons


def test_the_predicted_class_of_an_unsupported_image_is_not_explained_but_a_named_one_is(gated):
    predictor = Predictor(gated)
    with pytest.raises(WrongRequest, match="class:NAME"):
        predictor.explain(BLANK, tier="instant")
    assert predictor.explain(BLANK, "class:finding", tier="instant").heatmap.shape == (SIZE, SIZE)


def test_a_gate_changes_the_digest_and_the_format_and_nothing_else(plain, gated):
    assert gated.digest != plain.digest
    old, new = (json.loads((bundle.path / "bundle.json").read_text()) for bundle in (plain, gated))
    assert (old["format"], new["format"]) == (1, 2)
    assert new["files"].pop(SUPPORT)
    assert new["card"].pop("scope") == GREY.to_json()
    assert new.pop("support") == gated.support_limits.to_json()
    for values in (old, new):
        del values["digest"], values["format"]
    assert old == new
    assert (gated.path / SUPPORT).stat().st_size < 500_000


def test_an_altered_gate_is_noticed(gated, tmp_path):
    folder = tmp_path / "b"
    shutil.copytree(gated.path, folder)
    data = bytearray((folder / SUPPORT).read_bytes())
    data[-1] ^= 1
    (folder / SUPPORT).write_bytes(bytes(data))
    with pytest.raises(UnusableBundle, match=SUPPORT):
        Bundle.load(folder, with_model=False)


def test_a_scope_alone_is_a_gate_too(plain, film, tmp_path):
    folder = tmp_path / "b"
    shutil.copytree(plain.path, folder)
    card = replace(plain.card, scope=Scope(colour=True))
    bundle = Bundle.load(folder).amend(card=card)

    support = Predictor(bundle).predict(film).support

    assert support is not None
    assert (support.verdict, support.distance) == ("outside", None)
