import shutil
from dataclasses import replace

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.figure_text import figure_text
from tests.paths import ROOT
from training.evaluation.card_markdown import markdown

MODELS = ROOT / "assets" / "models"


def test_a_shipped_models_card_says_what_a_reader_must_know():
    bundle = Bundle.load(MODELS / "nih-pneumonia", with_model=False)
    text = markdown(bundle)
    assert text.startswith(f"# {bundle.card.title}\n")
    assert "not for diagnosis" in text
    assert "re-implementation" in text
    for heading in ("Intended use", "Data", "Figures", "Prototypes", "Limits", "Licence"):
        assert f"\n## {heading}\n" in text
    assert figure_text(bundle.card.metrics["auroc"]) in text
    assert all(f"| {name} |" in text for name in bundle.prototype_ids)


def test_a_card_says_which_fraction_of_the_training_images_had_a_box(tmp_path):
    folder = shutil.copytree(MODELS / "nih-pneumonia", tmp_path / "nih-pneumonia")
    bundle = Bundle.load(folder, with_model=False)
    assert "boxes or masks" not in markdown(bundle)
    training = {**bundle.card.training, "attention": {"weight": 0.5, "with_box_or_mask": 0.031}}
    text = markdown(bundle.amend(card=replace(bundle.card, training=training)))
    assert "by boxes or masks, which 3.1% of the training images have." in text
    for region, sentence in (
        ("both", "which 3.1% of the training images have, and elsewhere to the body."),
        ("body", "drawn to the body and off what lies beside it; no box was used."),
    ):
        training["attention"] = training["attention"] | {"region": region}
        text = markdown(bundle.amend(card=replace(bundle.card, training=training)))
        assert sentence in text


def test_the_figures_of_the_prototypes_stand_above_their_list():
    bundle = Bundle.load(MODELS / "nih-pneumonia", with_model=False)
    metrics = bundle.card.metrics | {
        "prototypes": {"class_purity": 0.61, "distinct": 0.42},
        "prototype_looks": {"stability": {"value": 0.7}, "stability_of": "the peak in its own box"},
    }
    card = replace(bundle.card, metrics=metrics)
    text = markdown(replace(bundle, manifest=replace(bundle.manifest, card=card)))
    section = text[text.index("\n## Prototypes\n") :]
    assert "| Class purity | 0.610 |" in section and "| Stability | 0.700 |" in section
    assert section.index("| Distinct images | 0.420 |") < section.index("| Prototype | Class |")
