from __future__ import annotations

from app.services.workplace import Workplace
from app.views.model.prototype_figures import figures_table
from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from tests.app.views.screen import Screen

METRICS = {"prototypes": {"class_purity": 0.85, "distinct": 0.9}}


def test_a_card_without_figures_draws_no_table(page: Screen) -> None:
    assert figures_table(()).empty
    assert "How distinct, pure and local they are" not in [e.label for e in page.app.expander]


def test_the_figures_of_the_card_stand_above_the_prototypes(
    workplace: Workplace, screen: Screen
) -> None:
    info = workplace.models.find("nih-pneumonia")
    assert info is not None
    before = Bundle.load(info.path, with_model=False).card
    try:
        Bundle.load(info.path, with_model=False).amend(
            card=ModelCard(title="With figures", metrics=METRICS)
        )
        opened = screen.open("model").app
    finally:
        Bundle.load(info.path, with_model=False).amend(card=before)
    assert "How distinct, pure and local they are" in [e.label for e in opened.expander]
    table = opened.dataframe[-1].value
    assert table["Figure"].tolist() == ["Class purity", "Distinct images"]
    assert table["Value"].tolist() == ["0.850", "0.900"]
