from __future__ import annotations

from pathlib import Path

from app.domain.bundles import NO_PROTOTYPES
from app.domain.noun import IMAGE
from app.services import models
from app.services.workplace import Workplace
from tests.app.services.workplaces import active_model
from tests.app.views.screen import Screen
from tests.dprotonet.imported_bundle import make_imported_bundle
from tests.dprotonet.tiny_concepts import CONCEPTS, make_tiny_concept_bundle


def test_the_card_says_what_the_model_is_for_and_its_hashes(
    page: Screen, workplace: Workplace
) -> None:
    active = active_model(workplace)
    assert "nih-pneumonia: random weights" in page.text
    assert "Research use, not for diagnosis." in page.text
    assert "It knows nothing." in page.text
    assert active.digest in page.text
    assert "none: 2 prototypes (negative class)" in page.text


def test_an_imported_model_says_on_both_tabs_that_it_has_no_prototypes(
    screen: Screen, workplace: Workplace, tmp_path: Path
) -> None:
    imported = models.add(workplace, make_imported_bundle(tmp_path / "elsewhere").path)
    page = screen.open("model")
    page.choose("Model", imported.digest)
    assert not page.errors
    assert page.text.count(IMAGE.say(NO_PROTOTYPES)) == 2
    assert "squeezenet1_1 (torchvision), imported" in page.text
    assert "none: 2 prototypes" not in page.text


def test_a_model_with_concepts_shows_them_in_the_place_of_prototypes(
    screen: Screen, workplace: Workplace, tmp_path: Path
) -> None:
    made = models.add(workplace, make_tiny_concept_bundle(tmp_path / "elsewhere").path)
    page = screen.open("model")
    page.choose("Model", made.digest)
    assert not page.errors
    assert [tab.label for tab in page.app.tabs][4] == "Concepts (2)"
    assert f"Concepts: {', '.join(CONCEPTS)}" in page.text
    assert page.text.count("training images that show it most") == 2
    assert "prototypes (negative class)" not in page.text
    assert "How well each axis finds its concept" in [e.label for e in page.app.expander]
    toggles = {toggle.key for toggle in page.app.toggle if (toggle.key or "").startswith("use-")}
    assert toggles == {f"use-{made.digest}-{name}" for name in CONCEPTS}, "all else has no switch"


def test_another_model_is_made_active(page: Screen, workplace: Workplace) -> None:
    other = workplace.models.find("chest-phantom")
    assert other is not None
    page.choose("Model", other.digest)
    page.press("Set active")
    chosen = models.active(workplace)
    assert chosen is not None
    assert chosen.name == "chest-phantom"
    assert "active: reads new uploads" in page.text


def test_a_bundle_that_was_altered_is_named_with_its_reason(
    screen: Screen, workplace: Workplace
) -> None:
    broken = workplace.settings.own_models / "broken"
    broken.mkdir()
    Path(broken / "bundle.json").write_text("{}")
    assert "broken:" in screen.open("model").errors[0]
