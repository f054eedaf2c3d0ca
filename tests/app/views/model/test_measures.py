from __future__ import annotations

from app.services.workplace import Workplace
from app.views.model import measures
from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from tests.app.views.screen import Screen


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
    assert list(table.columns) == ["Metric", "This model", "Black box"]
    assert table.iloc[0].tolist() == ["AUROC", "0.870 [0.820, 0.920]", "0.880 [0.830, 0.930]"]
    assert len(screen.app.get("plotly_chart")) == 3


def test_a_view_without_both_classes_is_left_out_of_the_chart() -> None:
    own = figures(0.9)
    own["by_view"]["AP"] = {"films": 3, "auroc": {"value": None}}  # type: ignore[index]
    chart = measures.view_chart(own, {})
    assert chart is not None
    assert list(chart.data[0].x) == ["PA (80)"]
