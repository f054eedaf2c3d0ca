"""What was measured of a heatmap, in ordinary sentences without praise.

All functions give plain text.
"""

from __future__ import annotations

from app.domain.cases import Sheet
from app.domain.explanations import OfferedHeatmap, SavedExplanation
from app.domain.instant_maps import InstantMap
from app.domain.noun import IMAGE, Noun
from app.domain.text import number, percent
from dprotonet.bundle.reader.map_figures import figures_of
from dprotonet.explain.explanation import (
    NO_READER,
    READER,
    REFINED,
    SEARCH,
    VIEWED,
    Faithfulness,
)

_TIERS = {
    "": "Heatmap",
    "instant": "Heatmap",
    "draft": "First heatmap",
    "standard": "Refined heatmap",
    "full": "Fully refined heatmap",
}
_DRAWN_BY = {
    READER: "the model's mask reader",
    VIEWED: "the model's mask reader from several views of this {image}",
    REFINED: "the model's mask reader and refined on this {image}",
    SEARCH: "a search on this {image}",
    NO_READER: "a search on this {image}, since the model has no mask reader",
}
NOT_MEASURED = "The faithfulness of this heatmap was not measured."
NO_FIGURES = "How often such maps hold a known finding was not measured for this model."
MEANING = "A heatmap shows what this network relies on, not where disease is."


def node_title(node: str) -> str:
    """class:nodule → “Class nodule”; prototype:p07 → “Prototype p07”; concept:token → “Concept
    token”."""
    kind, _, name = node.partition(":")
    kinds = {
        "class": "Class",
        "prototype": "Prototype",
        "vector": "Vector of",
        "concept": "Concept",
    }
    return f"{kinds.get(kind, kind)} {name}"


def heatmap_title(saved: SavedExplanation) -> str:
    """The node, and whether this is its first heatmap or the most refined one."""
    title = node_title(saved.node)
    if saved.drawn_by == READER:
        return f"{title} · mask reader"
    if saved.tier == "full":
        return f"{title} (fully refined)"
    return f"{title} (first heatmap)" if saved.is_draft else title


def instant_title(instant: InstantMap) -> str:
    """The node, and what drew its map."""
    return f"{node_title(instant.node)} · mask reader"


def offered_text(sheet: Sheet, offered: OfferedHeatmap) -> str:
    """What was measured of a heatmap on this image, and what is known of such heatmaps."""
    saved = offered.saved
    own = measured_text(saved, sheet.call_threshold(saved.node), sheet.noun)
    return f"{own} {known_text(sheet, drawn_by=saved.drawn_by, tier=saved.tier)} {MEANING}"


def known_text(sheet: Sheet, *, drawn_by: str, tier: str) -> str:
    """How often maps like one held a finding that is known, measured on the model's own images."""
    figures = figures_of(sheet.map_figures, drawn_by=drawn_by, tier=tier)
    return NO_FIGURES if figures is None else figures.sentence


def value_name(node: str) -> str:
    """What the node's value is."""
    kind, _, name = node.partition(":")
    if kind == "concept":
        return f"the axis of {name}"
    return f"the probability of {name}" if kind == "class" else f"the similarity to {name}"


def measured_text(
    saved: SavedExplanation, threshold: float | None = None, noun: Noun = IMAGE
) -> str:
    """The effect of hiding parts of the image, and how much of the heatmap is outside the body."""
    measured = saved.faithfulness
    effect = NOT_MEASURED if measured is None else hiding_text(saved, measured, threshold, noun)
    return " ".join(text for text in (effect, outside_text(saved.outside_body)) if text)


def hiding_text(
    saved: SavedExplanation,
    measured: Faithfulness,
    threshold: float | None = None,
    noun: Noun = IMAGE,
) -> str:
    """The node's value when the marked part is hidden, and when a random part is.

    For a fragile prediction :func:`fragile_text` gives the second.
    """
    before, hidden, random = _values(saved, measured)
    area, value = percent(measured.area), value_name(saved.node)
    marked = f"Hiding the marked {area} of the {noun.picture}"
    if hidden == before:
        effect = f"{marked} leaves {value} at {before}"
    else:
        verb = "lowers" if measured.hidden_value < saved.value_before else "raises"
        effect = f"{marked} {verb} {value} from {before} to {hidden}"
    if saved.is_fragile(threshold):
        return f"{effect}."
    return f"{effect}; hiding a random {area} {_random_effect(saved, measured, before, random)}."


def _random_effect(
    saved: SavedExplanation, measured: Faithfulness, before: str, random: str
) -> str:
    if random == before:
        return f"leaves it at {random}"
    if measured.random_hidden_value > saved.value_before:
        return f"raises it to {random}"
    if measured.random_hidden_value < measured.hidden_value < saved.value_before:
        return f"lowers it more, to {random}"
    return f"lowers it to {random}"


def _values(saved: SavedExplanation, measured: Faithfulness) -> tuple[str, str, str]:
    """The node's value for the whole image, without the marked part, without a random part."""
    values = saved.value_before, measured.hidden_value, measured.random_hidden_value
    digits = 2 if saved.node.startswith("class:") and max(values) >= 0.1 else 3
    before, hidden, random = (number(value, digits) for value in values)
    return before, hidden, random


def outside_text(fraction: float | None) -> str:
    """How much of the heatmap lies outside the body; empty where that is unknown."""
    if fraction is None:
        return ""
    amount = "Less than 1 %" if fraction < 0.01 else percent(fraction)
    return f"{amount} of the heatmap lies outside the body."


def warnings(
    offered: OfferedHeatmap, threshold: float | None = None, noun: Noun = IMAGE
) -> list[str]:
    """The reasons not to rely on a heatmap or on its prediction, each in its own sentences.

    Args:
        threshold: from which the heatmap's class is called, as ``Sheet.call_threshold`` gives it.
        noun: what the case is called.
    """
    saved = offered.saved
    texts = [
        control_text(saved),
        disagreement_text(saved, noun),
        fragile_text(saved, threshold, noun),
        peak_text(offered),
    ]
    return [text for text in texts if text]


def instant_warnings(sheet: Sheet, instant: InstantMap) -> list[str]:
    """The reasons not to rely on a map, once it was measured."""
    if instant.measured is None:
        return []
    offered = OfferedHeatmap(instant.measured)
    return warnings(offered, sheet.call_threshold(instant.node), sheet.noun)


def control_text(saved: SavedExplanation) -> str:
    """Which control does as well as the heatmap; empty where none does."""
    measured = saved.faithfulness
    if measured is None:
        return ""
    controls = []
    if not measured.beats_random:
        controls.append("a random one")
    if measured.beats_centre is False:
        controls.append("a centred Gaussian")
    if not controls:
        return ""
    subject = "This first heatmap" if saved.is_draft else "This heatmap"
    return f"{subject} is no better than {' or '.join(controls)}. Do not rely on it."


def disagreement_text(saved: SavedExplanation, noun: Noun = IMAGE) -> str:
    """That the heatmap marks something else when it is made again; empty where it does not, or
    where that was not measured."""
    if saved.agreement is None or not saved.agreement.is_low:
        return ""
    if saved.agreement.over == "views":
        moved = f"Of the {noun.picture} moved by a few pixels"
        return f"{moved} it marks another place. Do not rely on it."
    return "A second draw marks another place. Do not rely on it."


def agreement_text(saved: SavedExplanation, noun: Noun = IMAGE) -> str:
    """What the agreement is, beside that of regions at random; empty where it was not measured."""
    measured = saved.agreement
    if measured is None:
        return ""
    moved = f"of the {noun.picture} moved by a few pixels"
    how = moved if measured.over == "views" else "by other draws"
    return (
        f"The {measured.heatmaps} heatmaps made {how} overlap by {number(measured.overlap)} in the "
        f"{percent(measured.area)} of the {noun.picture} that each marks most; regions at random "
        f"overlap by {number(measured.chance)}, equal ones by 1."
    )


def fragile_text(
    saved: SavedExplanation, threshold: float | None = None, noun: Noun = IMAGE
) -> str:
    """That hiding any part changes the prediction much; empty where it does not."""
    measured = saved.faithfulness
    if measured is None or not saved.is_fragile(threshold):
        return ""
    before, _, random = _values(saved, measured)
    return (
        f"This prediction is fragile: hiding a random {percent(measured.area)} of the "
        f"{noun.picture} changes {value_name(saved.node)} from {before} to {random}."
    )


def peak_text(offered: OfferedHeatmap) -> str:
    """That heatmaps of one node peak at different places; empty where they do not."""
    if not offered.is_unsettled:
        return ""
    if offered.saved.is_draft:
        return "The refined heatmap peaks elsewhere. Neither peak is reliable."
    return "Another heatmap of it peaks elsewhere. Neither peak is reliable."


def origin_text(saved: SavedExplanation, noun: Noun = IMAGE) -> str:
    """Refined heatmap, drawn by a search on this image in 4.1 s."""
    by = noun.say(_DRAWN_BY.get(saved.drawn_by, ""))
    how = f"drawn by {by} in" if by else "made in"
    text = f"{_TIERS[saved.tier]}, {how} {saved.seconds:.1f} s"
    return f"{text} with earlier settings." if saved.is_of_earlier_settings else f"{text}."


def curve_texts(saved: SavedExplanation, noun: Noun = IMAGE) -> tuple[str, ...]:
    """The areas under the curves beside those of the controls, and what they are."""
    measured = saved.faithfulness
    if measured is None:
        return ()
    insertion = [f"random {number(measured.random_insertion_auc)}"]
    deletion = [f"random {number(measured.random_deletion_auc)}"]
    if measured.centre_insertion_auc is not None and measured.centre_deletion_auc is not None:
        insertion.append(f"centred Gaussian {number(measured.centre_insertion_auc)}")
        deletion.append(f"centred Gaussian {number(measured.centre_deletion_auc)}")
    return (
        f"The marked part alone gives {number(measured.kept_value)}.",
        f"Insertion AUC {number(measured.insertion_auc)} ({', '.join(insertion)}); higher is "
        f"better. Insertion reveals the {noun.picture} step by step, the most marked parts first.",
        f"Deletion AUC {number(measured.deletion_auc)} ({', '.join(deletion)}); lower is better. "
        f"Deletion hides it in the same order. Fill of the hidden pixels: {measured.fill}.",
    )


def cost_text(saved: SavedExplanation, noun: Noun = IMAGE) -> str:
    """How the heatmap was made, and what that took."""
    measuring = (
        f" Measuring its faithfulness took {saved.measuring_seconds:.1f} s of that."
        if saved.measuring_seconds
        else ""
    )
    return (
        f"{origin_text(saved, noun)}{measuring} {saved.passes_forward:,} forward and "
        f"{saved.passes_backward:,} backward passes; seed {saved.seed}."
    )
