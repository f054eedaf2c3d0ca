"""A bundle's model card as Markdown, fit to be published beside its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.figure_text import MISSING, TITLES, figure_text
from dprotonet.bundle.prototype_figures import prototype_rows

_GROUPS = {"by_view": "view", "by_sex": "sex", "by_age": "age"}
_ABOUT = (
    "A re-implementation, from the abstracts, of *Decoupling Deep Learning for Interpretable Image "
    "Recognition* (arXiv 2210.08336) and its mask decoder (arXiv 2207.08046). It is not the "
    "authors' code, and no claim is made to match their tables."
)


def markdown(bundle: Bundle) -> str:
    """The whole card; sections without content are left out."""
    card = bundle.card
    sections = {
        "Intended use": card.intended_use,
        "Classes": _classes(bundle),
        "Data": card.data,
        "Figures": "\n\n".join(_figures(card.metrics)),
        "Calibration": _calibration(bundle),
        "Prototypes": _prototypes(bundle),
        "Limits": "\n".join(f"- {limit}" for limit in card.limits),
        "Training": _training(card.training),
        "Licence": card.licence,
    }
    head = [f"# {card.title}", card.summary, "**Research use, not for diagnosis.**", _ABOUT]
    body = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([line for line in head if line] + body) + "\n"


def _classes(bundle: Bundle) -> str:
    text = ", ".join(bundle.classes) + "."
    if bundle.negative_class is not None:
        text += f" “{bundle.negative_class}” means that nothing was found."
    return f"{text} {bundle.card.note_on_classes}".strip()


def _figures(metrics: Mapping[str, Any]) -> Iterator[str]:
    if "auroc" not in metrics:
        yield "Not measured."
        return
    rows = [
        (title, figure_text(metrics.get(f"{key}_interval", metrics[key])))
        for key, title in TITLES.items()
        if key in metrics
    ]
    yield (
        f"{metrics.get('split', '')} split, {metrics.get('films', '?')} images of "
        f"{metrics.get('patients', '?')} patients; in brackets {metrics.get('interval', '')}."
    ).strip()
    yield _table(("Figure", "Value"), rows)
    groups = [
        (f"{kind} {name}", str(figures.get("films", "")), figure_text(figures.get("auroc")))
        for key, kind in _GROUPS.items()
        for name, figures in metrics.get(key, {}).items()
    ]
    if groups:
        yield _table(("Group", "Images", "AUROC"), groups)
    left_out = metrics.get("groups_left_out", {})
    if left_out:
        reasons = "; ".join(f"{name} ({reason})" for name, reason in left_out.items())
        yield f"Left out: {reasons}."


def _calibration(bundle: Bundle) -> str:
    text = f"Logits are divided by a temperature of {bundle.temperature:.3f}"
    if bundle.threshold is not None:
        text += f"; an image is called positive from a probability of {bundle.threshold:.3f} on"
    if bundle.thresholds is not None:
        each = ", ".join(f"{name} {at:.3f}" for name, at in bundle.thresholds.items())
        text += f"; classes do not exclude each other, and each is called from its own: {each}"
    return text + ". Both were chosen on validation images."


def _prototypes(bundle: Bundle) -> str:
    rows = []
    for record in bundle.prototypes:
        statistics = record.activation
        state = "not measured"
        if statistics is not None:
            dead = "dead" if statistics.dead else ""
            ids = ", ".join(statistics.duplicates)
            duplicate = f"duplicate of {ids}" if ids else ""
            state = ", ".join(filter(None, (dead, duplicate))) or MISSING
        rows.append((record.id, record.class_name, str(len(record.sources)), state))
    each = _table(("Prototype", "Class", "Source images", "Dead or duplicate"), rows)
    figures = [(r.title, r.value, r.meaning) for r in prototype_rows(bundle.card.metrics)]
    if not figures:
        return each
    return _table(("Figure", "Value", "Meaning"), figures) + "\n\n" + each


def _attention(attention: Mapping[str, Any]) -> str:
    region = attention.get("region", "findings")
    if region == "body":
        return "Prototypes were drawn to the body and off what lies beside it; no box was used."
    boxed = (
        "Prototypes were drawn to the findings by boxes or masks, which "
        f"{attention['with_box_or_mask']:.1%} of the training images have"
    )
    return f"{boxed}, and elsewhere to the body." if region == "both" else f"{boxed}."


def _training(training: Mapping[str, Any]) -> str:
    lines = []
    versions = training.get("versions", {})
    if versions:
        lines.append("Versions: " + ", ".join(f"{k} {v}" for k, v in versions.items()) + ".")
    if training.get("hardware"):
        lines.append(f"Hardware: {training['hardware']}, {training.get('minutes', '?')} minutes.")
    attention = training.get("attention")
    if attention:
        lines.append(_attention(attention))
    recipe = training.get("recipe")
    if isinstance(recipe, Mapping):
        settings = {key: value for key, value in recipe.items() if key != "card"}
        lines.append("Recipe:\n\n```json\n" + json.dumps(settings, indent=1) + "\n```")
    return "\n\n".join(lines)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in lines)
