from dprotonet.bundle.bundle import Bundle
from tests.paths import ROOT
from training.evaluation.card_markdown import markdown, value_words

MODELS = ROOT / "assets" / "models"


def test_a_shipped_models_card_says_what_a_reader_must_know():
    bundle = Bundle.load(MODELS / "nih-pneumonia", with_model=False)
    text = markdown(bundle)
    assert text.startswith(f"# {bundle.card.title}\n")
    assert "not for diagnosis" in text
    assert "re-implementation" in text
    for heading in ("Intended use", "Data", "Figures", "Prototypes", "Limits", "Licence"):
        assert f"\n## {heading}\n" in text
    assert value_words(bundle.card.metrics["auroc"]) in text
    assert all(f"| {name} |" in text for name in bundle.prototype_ids)


def test_a_figure_has_its_interval_or_a_dash():
    assert value_words({"value": 0.9, "low": 0.8, "high": 0.95}) == "0.900 [0.800, 0.950]"
    assert value_words({"value": None, "low": None, "high": None}) == "–"
