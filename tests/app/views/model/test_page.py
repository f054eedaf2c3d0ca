from pathlib import Path

import pytest

from app.services import models
from app.services.workplace import Workplace
from app.views.model import measures
from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from tests.app.views.screen import Screen


@pytest.fixture
def page(screen: Screen) -> Screen:
    """The card of the active model."""
    return screen.open("model")


def figures(auroc: float) -> dict[str, object]:
    """Metrics as training writes them."""
    value = {"value": auroc, "low": auroc - 0.05, "high": auroc + 0.05}
    return {
        "films": 120,
        "patients": 100,
        "auroc": value,
        "accuracy": value,
        "ece": 0.041,
        "brier": 0.12,
        "by_view": {"PA": {"films": 80, "auroc": value}, "AP": {"films": 40, "auroc": value}},
        "curves": {
            "roc": {
                "finding": {
                    "false_positive_rate": [0.0, 0.2, 1.0],
                    "true_positive_rate": [0.0, 0.8, 1.0],
                }
            },
            "reliability": [{"confidence": 0.7, "accuracy": 0.65, "films": 30}],
        },
    }


def test_the_card_says_what_the_model_is_for_and_its_hashes(
    page: Screen, workplace: Workplace
) -> None:
    active = models.active(workplace)
    assert active is not None
    assert "nih-pneumonia: random weights" in page.text
    assert "Research use, not for diagnosis." in page.text
    assert "It knows nothing." in page.text
    assert active.digest in page.text
    assert "none: 2 prototypes (nothing found)" in page.text


def test_prototypes_are_shown_by_class(page: Screen) -> None:
    assert "p02" in page.text
    assert "p00" not in page.text
    page.choose("Class", "none")
    assert "p00" in page.text
    assert "Made of 2 images" in page.text


def test_another_model_is_made_active(page: Screen, workplace: Workplace) -> None:
    other = workplace.models.find("chest-phantom")
    assert other is not None
    page.choose("Model", other.digest)
    page.press("Set active")
    chosen = models.active(workplace)
    assert chosen is not None
    assert chosen.name == "chest-phantom"
    assert "active: new uploads are read with it" in page.text


def test_a_card_without_results_says_how_to_get_them(page: Screen) -> None:
    assert "python -m training evaluate" in page.text


def test_results_stand_beside_the_black_box(workplace: Workplace, screen: Screen) -> None:
    info = workplace.models.find("nih-pneumonia")
    assert info is not None
    before = Bundle.load(info.path, with_model=False).card
    metrics = {**figures(0.87), "black_box": figures(0.88)}
    try:
        Bundle.load(info.path, with_model=False).amend(
            card=ModelCard(title="With results", metrics=metrics)
        )
        table = screen.open("model").app.dataframe[0].value
    finally:
        Bundle.load(info.path, with_model=False).amend(card=before)
    assert list(table.columns) == ["Figure", "This model", "Black box"]
    assert table.iloc[0].tolist() == ["AUROC", "0.870 [0.820, 0.920]", "0.880 [0.830, 0.930]"]
    assert len(screen.app.get("plotly_chart")) == 3


def test_a_bundle_that_was_altered_is_named_with_its_reason(
    screen: Screen, workplace: Workplace
) -> None:
    broken = workplace.settings.own_models / "broken"
    broken.mkdir()
    Path(broken / "bundle.json").write_text("{}")
    assert "broken:" in screen.open("model").errors[0]


def test_without_any_model_the_page_says_how_to_add_one(
    screen: Screen, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace.models, "_folders", ())
    assert "python -m app models add DIR" in screen.open("model").text
    assert "Active model none yet" in screen.text


def test_a_view_without_both_classes_is_left_out_of_the_chart() -> None:
    own = figures(0.9)
    own["by_view"]["AP"] = {"films": 3, "auroc": {"value": None}}  # type: ignore[index]
    chart = measures.view_chart(own, {})
    assert chart is not None
    assert list(chart.data[0].x) == ["PA (80)"]
