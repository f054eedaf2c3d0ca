from __future__ import annotations

import re
from dataclasses import replace

import pytest
from app.views.review.prototypes import (
    contribution_bar,
    judgement_label,
    reason_title,
    source_pictures,
)

from app.domain.annotations import PrototypeJudgement
from app.domain.cases import GallerySource
from app.domain.evidence import Reason, reasons
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from dprotonet.prototypes.own_map import OwnMap
from tests.app.domain.test_evidence import row
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen, bare


def test_the_prediction_comes_with_its_prototypes_and_their_sources(image: Screen) -> None:
    assert "finding" in image.text
    assert "p00" in image.text
    assert "4 contributions sum to the logit of **finding**" in image.text
    pictures = [m.value for m in image.app.markdown if "/api/gallery/" in m.value]
    assert len(pictures) == 4
    assert "/heatmap)" in pictures[0]


class MappingPool(FullPool):
    def predict(self, model: str, image: GrayOrColourImage, **named: object) -> Prediction:
        said = super().predict(model, image, **named)  # type: ignore[arg-type]
        first, *others = said.matches
        return replace(said, matches=(replace(first, own_map=OwnMap(1, 2, b"\xff\0")), *others))


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> FullPool:
    return MappingPool() if "own_map" in request.node.name else FullPool()


def test_a_card_begins_with_this_image_under_the_own_map_where_one_is_kept(image: Screen) -> None:
    pictures = [m.value for m in image.app.markdown if "/api/own-map/" in m.value]
    assert len(pictures) == 1
    assert re.match(r"!\[[^]]*own map of p00\]\(/api/own-map/\w+/0/\w+/p00\)", pictures[0])
    assert "Each card begins with this image" in image.text


def test_a_source_stands_beside_its_own_map_or_where_none_is_kept_beside_its_heatmap() -> None:
    older = GallerySource(0, "a", "0" * 64, 0.5, 0.9, has_picture=True, has_heatmap=True)
    newer = replace(older, number=1, has_own_map=True)
    bare_one = replace(older, number=2, has_picture=False, has_heatmap=False, has_own_map=True)
    pictures = source_pictures("00", "p00", [older, newer, bare_one])
    addresses = [re.sub(r".*\]\(/api/gallery/00/p00/|\)$", "", picture) for picture in pictures]
    assert addresses == ["0", "0/heatmap", "1", "1/own-map", "2/own-map"]
    assert pictures[3].startswith("![Source 2 of p00, own map]")


def test_prototypes_with_the_same_images_share_a_card() -> None:
    (reason,) = reasons([row("p05", 1.0, "abc"), row("p07", 0.5, "cab")])
    assert bare(reason_title(reason)) == "**p05** and p07, the same images · finding"
    assert bare(reason_title(Reason(reason.matches[:1]))) == "**p05** · finding"


def test_a_contribution_is_a_bar_from_the_centre_and_the_largest_reaches_the_edge() -> None:
    assert 'class="for" style="left:50.0%;width:50.0%"' in contribution_bar(1.8, 1.8)
    assert 'class="against" style="left:25.0%;width:25.0%"' in contribution_bar(-0.9, 1.8)
    assert 'aria-label="contribution -0.90"' in contribution_bar(-0.9, 1.8)


@pytest.mark.parametrize(
    ("judgement", "label"),
    [
        (PrototypeJudgement(), "Judge"),
        (PrototypeJudgement(similar=True), "Similar"),
        (PrototypeJudgement(similar=False, usefulness="not useful"), "Not useful, not similar"),
        (PrototypeJudgement(usefulness="artefact"), "Artefact: which?"),
        (PrototypeJudgement(usefulness="artefact", artefact="device"), "Device"),
    ],
)
def test_the_button_of_a_prototype_says_how_it_was_judged(
    judgement: PrototypeJudgement, label: str
) -> None:
    assert judgement_label(judgement) == label
