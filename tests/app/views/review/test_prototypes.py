from __future__ import annotations

import pytest

from app.domain.annotations import PrototypeJudgement
from app.views.review.prototypes import contribution_bar, judgement_label
from tests.app.views.screen import Screen


def test_the_prediction_comes_with_its_prototypes_and_their_sources(image: Screen) -> None:
    assert "finding" in image.text
    assert "p00" in image.text
    assert "4 contributions sum to the logit of **finding**" in image.text
    pictures = [m.value for m in image.app.markdown if "/api/gallery/" in m.value]
    assert len(pictures) == 4
    assert "/heatmap)" in pictures[0]


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
