"""What the Model page says of the images that a model refuses."""

from __future__ import annotations

import pytest

from app.domain.noun import IMAGE
from app.services import models
from app.services.workplace import Workplace
from app.views.model.gate import NO_GATE, ONLY_SCOPE, gate_lines
from dprotonet.bundle.scope import Scope
from dprotonet.bundle.support.limits import SupportLimits
from tests.app.views.screen import Screen
from tests.dprotonet.gated_bundle import make_gated_bundle

LIMITS = SupportLimits("features.13", 1.1, 1.25, 515, 65)
DISTANCE = (
    "Images unlike the training images: from a distance of 1.25; from 1.10 they are shown with a "
    "caution. An image like them has a distance of about 1."
)
FITTED = (
    "The distance was fitted on 515 training images, its limits were chosen on 65 validation "
    "images."
)


@pytest.mark.parametrize(
    ("scope", "limits", "lines"),
    [
        (None, None, []),
        (None, LIMITS, [DISTANCE, FITTED]),
        (Scope(colour=True), None, ["Grey images.", IMAGE.say(ONLY_SCOPE)]),
        (
            Scope(("CR", "DX"), ("CHEST",), (), False),
            LIMITS,
            [
                "Images whose header names another modality than CR or DX.",
                "Images whose header names another body part than CHEST.",
                "Colour images.",
                DISTANCE,
                FITTED,
            ],
        ),
    ],
)
def test_a_gate_is_said_as_far_as_a_model_has_one(
    scope: Scope | None, limits: SupportLimits | None, lines: list[str]
) -> None:
    assert gate_lines(scope, limits) == lines


def test_a_model_without_a_gate_says_so(page: Screen) -> None:
    assert page.warnings == [IMAGE.say(NO_GATE)]


def test_a_model_with_a_gate_names_its_limits(screen: Screen, workplace: Workplace) -> None:
    bundle = make_gated_bundle(workplace.settings.own_models / "gated", name="gated")
    models.activate(workplace, "gated")
    page = screen.open("model")
    assert bundle.support_limits is not None and not page.warnings
    assert f"from a distance of {bundle.support_limits.threshold:.2f}" in page.text
    assert "Colour images." in page.text
