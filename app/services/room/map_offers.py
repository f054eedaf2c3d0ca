"""The heatmaps that may be laid over the image, each with the one line that says what it may claim.

For a negative call the finding's maps come first: there is little to see of its absence, and what
speaks for "normal" has a palette of its own, so that nobody takes it for a finding.
"""

from __future__ import annotations

from app.domain.cases import Sheet
from app.domain.explanations import MEASURED, USUAL, OfferedHeatmap, SavedExplanation
from app.domain.instant_maps import InstantMap, is_no_better
from app.domain.jobs import Job
from app.domain.noun import Noun
from app.domain.room.sheet import Action, MapOffer, Palette, Work
from app.domain.text import number, percent
from app.services.room import refusal
from app.services.room.reliability import (
    MEANING,
    agreement_text,
    cost_text,
    curve_texts,
    heatmap_title,
    instant_title,
    instant_warnings,
    known_text,
    node_title,
    offered_text,
    warnings,
)
from dprotonet.explain.explanation import READER

NOT_MEASURED = "Whether it affects the model's output was not measured on this {image}"
REFUSED = "What the network computed for {an_image} that it was not made for"


def offers(sheet: Sheet) -> tuple[MapOffer, ...]:
    """All heatmaps of a sheet: first those that are there with the prediction; of each kind those
    of the class to look at lead."""
    return (
        *(_of_reader(sheet, instant) for instant in sheet.instant),
        *(_of_search(sheet, offered) for offered in sheet.maps),
    )


def _of_reader(sheet: Sheet, instant: InstantMap) -> MapOffer:
    measured = instant.measured
    details = [known_text(sheet, drawn_by=READER, tier="instant"), MEANING]
    if measured is not None:
        details += [
            agreement_text(measured, sheet.noun),
            *curve_texts(measured, sheet.noun),
            cost_text(measured, sheet.noun),
        ]
    return MapOffer(
        id=instant.heatmap_id,
        node=instant.node,
        title=instant_title(instant),
        url=f"/api/instant-map/{sheet.case.case_id}/{sheet.frame}/{sheet.model}/{instant.number}",
        palette=_palette(sheet, instant.node),
        claim=_claim(sheet, measured, instant.outside_body),
        warning=_warning(sheet, instant_warnings(sheet, instant)),
        actions=_instant_actions(sheet, instant),
        details=tuple(text for text in details if text),
    )


def _of_search(sheet: Sheet, offered: OfferedHeatmap) -> MapOffer:
    saved = offered.saved
    texts = warnings(offered, sheet.call_threshold(saved.node), sheet.noun)
    if offered.is_no_better:
        texts.append("It is no more reliable than the heatmap before it, which keeps its place.")
    if any(one.node == saved.node and is_no_better(saved, one) for one in sheet.instant):
        texts.append("It is no more reliable than the mask reader's own map.")
    details = [
        offered_text(sheet, offered),
        agreement_text(saved, sheet.noun),
        *curve_texts(saved, sheet.noun),
        cost_text(saved, sheet.noun),
    ]
    return MapOffer(
        id=offered.heatmap_id,
        node=saved.node,
        title=heatmap_title(saved),
        url=f"/api/heatmap/{saved.explanation_id}",
        palette=_palette(sheet, saved.node),
        claim=_claim(sheet, saved, saved.outside_body),
        warning=_warning(sheet, texts),
        actions=_search_actions(sheet, offered),
        details=() if sheet.is_refused else tuple(text for text in details if text),
    )


def _claim(sheet: Sheet, saved: SavedExplanation | None, outside: float | None) -> str:
    """Affects the model's output: hiding the marked 10 % gives 0.30 instead of 0.81, a random 10 %
    gives 0.78 · agreement over draws 0.72 · 96 % of it inside the body."""
    if sheet.is_refused:
        return f"{sheet.noun.say(REFUSED)}."
    parts = [_effect(saved, sheet.noun)]
    if saved is not None and saved.agreement is not None:
        parts.append(saved.agreement.text)
    if outside is not None:
        parts.append(f"{percent(1 - outside)} of it inside the body")
    return " · ".join(parts) + "."


def _effect(saved: SavedExplanation | None, noun: Noun) -> str:
    measured = saved.faithfulness if saved is not None else None
    if saved is None or measured is None:
        return noun.say(NOT_MEASURED)
    before, hidden = number(saved.value_before), number(measured.hidden_value)
    random = number(measured.random_hidden_value)
    verb = "Affects" if hidden != before else "Does not affect"
    return (
        f"{verb} the model's output: hiding the marked {percent(measured.area)} gives {hidden} "
        f"instead of {before}, a random {percent(measured.area)} gives {random}"
    )


def _warning(sheet: Sheet, texts: list[str]) -> str:
    return sheet.noun.say(refusal.CAUTION) if sheet.is_refused else " ".join(texts)


def _palette(sheet: Sheet, node: str) -> Palette:
    """ "normal" for the class that means "nothing found" and for its prototypes."""
    kind, _, name = node.partition(":")
    if kind != "class":
        name = next((r.match.class_name for r in sheet.matches if r.match.prototype == name), "")
    return "normal" if name and name == sheet.negative_class else "finding"


def _instant_actions(sheet: Sheet, instant: InstantMap) -> tuple[Action, ...]:
    if not sheet.model_name or sheet.is_refused:
        return ()
    found: list[Action] = []
    if instant.measured is not None:
        found += _made_again(sheet, instant.measured)
    else:
        found.append(
            Action(
                "explain",
                "Measure",
                "Hide and show what this heatmap marks, and see what the network says then.",
                instant.node,
                MEASURED,
            )
        )
    if all(offered.saved.node != instant.node for offered in sheet.maps):
        found.append(
            Action(
                "explain",
                f"Refine on this {sheet.noun.one}",
                "Moves the map of several views by a few steps, where that makes it more faithful. "
                "It takes about a second.",
                instant.node,
                USUAL,
            )
        )
    return tuple(found)


def _search_actions(sheet: Sheet, offered: OfferedHeatmap) -> tuple[Action, ...]:
    saved = offered.saved
    if offered.is_superseded or not sheet.model_name or sheet.is_refused:
        return ()
    there = {
        one.saved.tier
        for one in sheet.maps
        if one.saved.node == saved.node and not one.saved.is_of_earlier_settings
    }
    refining = [action for action in _refining(saved) if action.tier not in there]
    if saved.is_draft and refining:
        return tuple(refining)
    return (*refining, *_made_again(sheet, saved))


def _refining(saved: SavedExplanation) -> tuple[Action, ...]:
    if saved.is_draft:
        title, tier, hint = "Refine", USUAL, "Compute a more faithful heatmap. It takes longer."
    elif saved.is_of_earlier_settings:
        title, tier = "Recompute", saved.tier or USUAL
        hint = "It was made with settings that are no longer in use."
    elif saved.tier == USUAL:
        title, tier = "Refine further", "full"
        hint = "Compute the most faithful heatmap. It takes several times as long."
    else:
        return ()
    return (Action("explain", title, hint, saved.node, tier),)


def _made_again(sheet: Sheet, saved: SavedExplanation) -> tuple[Action, ...]:
    """Of what a batch or an earlier version made: whether it marks the same was not measured."""
    is_made = any(job.explanation_id == saved.explanation_id for job in sheet.jobs)
    known = saved.agreement is not None or saved.is_of_earlier_settings
    if known or is_made or not saved.tier:
        return ()
    hint = "Make this heatmap twice again, and see whether it marks the same."
    return (Action("explain", "Make again", hint, saved.node, saved.tier),)


def requests(sheet: Sheet) -> tuple[Action, ...]:
    """Nodes without a heatmap yet: the classes, the one to look at first, then the prototypes."""
    if not sheet.model_name or sheet.prediction is None:
        return ()
    there = {one.node for one in sheet.instant} | {offered.saved.node for offered in sheet.maps}
    classes = sorted(sheet.classes, key=lambda name: name != sheet.offered_class)
    nodes = [f"class:{name}" for name in classes]
    nodes += [row.match.node for row in sheet.matches if row.match.node]
    return tuple(
        Action("explain", f"Explain {node_title(node).lower()}", "", node, USUAL)
        for node in nodes
        if node not in there
    )


def work(sheet: Sheet) -> tuple[Work, ...]:
    """What the worker does for this frame, in words."""
    return tuple(
        Work(job.job_id, job_text(sheet, job), job.progress, job.kind in ("explain", "agree"))
        for job in sheet.jobs
    )


def job_text(sheet: Sheet, job: Job) -> str:
    """What the worker does, and at which stage it is."""
    if job.kind == "predict":
        return f"Reading the {sheet.noun.one}…"
    title = node_title(job.node or "")
    if job.cancel_requested:
        return f"{title}: stopping…"
    if job.kind == "agree":
        return f"{title}: made again, to see whether it marks the same…"
    if job.tier == MEASURED:
        return f"Measuring the heatmap of {title}…"
    if job.state == "waiting" and job.awaits_first:
        return f"{title}: waiting for the worker…"
    if job.awaits_first:
        return f"Explaining {title}…"
    return f"{title}: refining…"
