"""The few prototypes that matter, each with a training image beside it, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import quote

from app.domain.bundles import NO_PROTOTYPES
from app.domain.cases import GallerySource, Sheet, SheetMatch
from app.domain.evidence import Bar, Reason, is_silent, reasons, waterfall
from app.domain.noun import Noun
from app.domain.room.sheet import EvidenceCard, SourceImage, Step, Waterfall
from app.domain.text import counted, number, percent, signed
from app.services.room.form import judged_by
from app.services.room.percentiles import Distribution, axis_text
from app.services.tables.row_values import ReadRow
from dprotonet.inference.prediction import Prediction, PrototypeMatch

MOST = 5
"""Prototypes that are shown; the others are in the details."""
LEAST = 0.1
"""A prototype that counts less than this fraction of the first one is not shown beside it."""
SILENT = (
    "No prototype speaks. Nothing in this {image} is similar enough to any prototype to count for "
    "or against a class, so the model abstains. Do not rely on the probability."
)
NO_GALLERY = (
    "This model comes without its training {images}. If you have the data set, attach them on the "
    "Model page, under Prototypes."
)
_EVEN = 1.05  # odds that are not worth a number
_MOST_ODDS = 1000


def cards(
    sheet: Sheet, known: dict[str, Distribution], row: ReadRow | None = None
) -> tuple[EvidenceCard, ...]:
    """What does most to the difference between the called class and the next, first; of an image
    that the model refused the most similar, which count for no class.

    Args:
        sheet: with a prediction.
        known: how similar the model's own images are, by prototype.
        row: of a row of a table, what its model knows of it.
    """
    if sheet.prediction is None:
        return ()
    found = list(reasons(sheet.matches))
    if sheet.is_refused:
        return tuple(_card(sheet, reason, known, "", row) for reason in found[:MOST])
    # What is no concept says little, however much it does: it stands last.
    found.sort(key=lambda reason: (reason.kind == "other", -abs(reason.evidence)))
    least = LEAST * abs(found[0].evidence) if found else 0.0
    shown = [reason for reason in found[:MOST] if abs(reason.evidence) >= least]
    return tuple(_card(sheet, reason, known, _effect(sheet, reason), row) for reason in shown)


def _card(
    sheet: Sheet,
    reason: Reason,
    known: dict[str, Distribution],
    effect: str,
    row: ReadRow | None,
) -> EvidenceCard:
    first = reason.matches[0]
    model, name = sheet.model or "", first.match.prototype
    is_alone = len(first.sources) == 1
    sources = tuple(
        _source(sheet, first.match, source, row, is_alone=is_alone) for source in first.sources
    )
    can_be_judged = reason.kind != "other"
    sees_both = any(source.pixels or source.values for source in sources)
    return EvidenceCard(
        id=name,
        prototypes=reason.prototypes,
        class_name=reason.class_name,
        title=_title(reason),
        effect=effect,
        value=reason.evidence,
        similarity=_similarity(first, known, sheet.noun),
        details=tuple(_details(row) for row in reason.matches),
        sources=sources,
        heatmap=_own_heatmap(sheet, first),
        palette="normal" if reason.class_name == sheet.negative_class else "finding",
        edit=f"/model?model={model}&off={quote(name, safe='')}" if effect and can_be_judged else "",
        asks=judged_by(sees_both=sees_both) if can_be_judged else (),
    )


def _title(reason: Reason) -> str:
    """What it is, and which class it goes with."""
    if reason.kind == "concept":
        return f"Concept “{reason.prototypes[0]}” · speaks most for “{reason.class_name}”"
    if reason.kind == "other":
        return "All else: what the model sees beside the concepts"
    return f"{', '.join(reason.prototypes)} · learned for “{reason.class_name}”"


def _effect(sheet: Sheet, reason: Reason) -> str:
    """+1.9 towards pneumonia, as in these 6 images."""
    prediction = sheet.prediction
    if prediction is None or prediction.leading is None:
        return ""
    towards = prediction.leading
    amount = reason.evidence
    if amount < 0 and prediction.runner_up is not None:
        towards, amount = prediction.runner_up, -amount
    text = f"{signed(amount, 1)} towards {towards}"
    if amount < 0:
        text = f"{signed(amount, 1)}, against {towards}"
    if reason.kind != "prototype":
        return f"Moves the prediction by {text}"
    images = len({source.image_sha256 for row in reason.matches for source in row.sources})
    if not images:
        return text
    noun = sheet.noun
    those = f"this training {noun.one}" if images == 1 else f"these {images} {noun.several}"
    return f"{text}, as in {those}"


def _similarity(row: SheetMatch, known: dict[str, Distribution], noun: Noun) -> str:
    distribution = known.get(row.match.prototype)
    if row.match.kind == "other":
        return f"It has no {noun.several} of its own: the model found it without being told a name."
    if row.match.kind == "concept":
        return axis_text(row.match.similarity, distribution, noun)
    if distribution is None:
        return f"How similar the model's own {noun.several} are is not kept with this model."
    return distribution.sentence(row.match.similarity, row.match.class_name, noun)


def _details(row: SheetMatch) -> str:
    match = row.match
    value = f"similarity {number(match.similarity, 3)}"
    if match.kind != "prototype":
        value = f"axis {signed(match.similarity)}" if match.kind == "concept" else "together"
    text = f"{match.prototype}: {value}, logit {signed(match.contribution)}"
    return text if match.against is None else f"{text} for, {signed(match.against)} for the next"


def _source_title(
    sheet: Sheet, match: PrototypeMatch, source: GallerySource, *, is_alone: bool
) -> str:
    thing = sheet.noun.one
    if is_alone and match.kind == "prototype":
        return f"The one training {thing} of {match.prototype}"
    title = f"Training {thing} {source.number + 1} of {match.prototype}"
    if match.kind == "concept":
        return f"{title}: {signed(source.similarity)}"
    return f"{title}: weight {percent(source.weight)}"


def _source(
    sheet: Sheet,
    match: PrototypeMatch,
    source: GallerySource,
    row: ReadRow | None,
    *,
    is_alone: bool,
) -> SourceImage:
    address = f"/api/gallery/{sheet.model}/{quote(match.prototype, safe='')}/{source.number}"
    return SourceImage(
        title=_source_title(sheet, match, source, is_alone=is_alone),
        pixels=f"{address}/pixels" if source.has_picture else "",
        heatmap=f"{address}/map" if source.has_own_map or source.has_heatmap else "",
        values=row.beside(source.sample_id) if row else (),
    )


def _own_heatmap(sheet: Sheet, row: SheetMatch) -> str:
    """Where the network looks for the prototype in this image: what the mask reader drew in the
    pass that predicts, else the prototype's own mask."""
    node = row.match.node
    place = f"{sheet.case.case_id}/{sheet.frame}/{sheet.model}"
    for one in sheet.instant:
        if one.node == node:
            return f"/api/instant-map/{place}/{one.number}"
    if row.match.own_map is None:
        return ""
    return f"/api/own-map/{place}/{quote(row.match.prototype, safe='')}/map"


def note(sheet: Sheet, shown: Sequence[EvidenceCard] = ()) -> str:
    """What stands in place of evidence, or beside it; empty where nothing needs to be said."""
    if sheet.prediction is None:
        return "The prototypes appear with the prediction."
    if not sheet.prediction.matches:
        return sheet.noun.say(NO_PROTOTYPES)
    if not sheet.matches:
        return "The prototypes appear when their model is available."
    if not sheet.is_refused and is_silent(sheet.matches):
        return sheet.noun.say(SILENT)
    has_rows = any(source.values for card in shown for source in card.sources)
    if not has_rows and not any(
        source.has_picture for row in sheet.matches for source in row.sources
    ):
        return sheet.noun.say(NO_GALLERY)
    return ""


def steps(sheet: Sheet, shown: Sequence[EvidenceCard]) -> Waterfall | None:
    """What speaks for the called class rather than for the next, bar by bar; None where nothing
    was called or nothing speaks."""
    prediction = sheet.prediction
    if prediction is None or sheet.is_refused or not sheet.matches or is_silent(sheet.matches):
        return None
    by_prototype = {name: card.id for card in shown for name in card.prototypes}
    found = waterfall(reasons(sheet.matches))
    return Waterfall(
        title=question(prediction),
        steps=tuple(_step(bar, by_prototype) for bar in found),
        total=prediction.evidence,
        total_text=signed(prediction.evidence),
        sentence=sum_text(prediction),
    )


def _step(bar: Bar, by_prototype: dict[str, str]) -> Step:
    if bar.reason is None:
        name = f"Others {'for' if bar.evidence > 0 else 'against'} ({bar.count})"
        return Step(name, bar.evidence, bar.start, signed(bar.evidence), "")
    card = by_prototype.get(bar.reason.prototypes[0], "")
    return Step(bar.reason.name, bar.evidence, bar.start, signed(bar.evidence), card)


def question(prediction: Prediction) -> str:
    """What the bars are about, such as: what speaks for pneumonia rather than no pneumonia."""
    if prediction.runner_up is None:
        return f"What speaks for “{prediction.leading}”"
    return f"What speaks for “{prediction.leading}” rather than “{prediction.runner_up}”"


def sum_text(prediction: Prediction) -> str:
    """What the sum means."""
    leading = prediction.require_leading()
    if prediction.thresholds is not None:
        return (
            f"The bars add up to the logit of “{leading}”. In a multi-label model each class "
            "stands alone and is called from its own threshold."
        )
    if prediction.runner_up is None:
        return (
            "This prediction was saved by an earlier version: the bars add up to the logit of "
            f"“{leading}” alone, and do not say what speaks for the next class."
        )
    text = f"Together, before calibration: {odds_text(prediction)}."
    if prediction.evidence < 0:
        text += f" “{leading}” is called nevertheless, because of its threshold."
    return text


def odds_text(prediction: Prediction) -> str:
    """The sum as odds, such as: about 6 to 1 for “pneumonia” against “no pneumonia”."""
    names = [prediction.require_leading(), prediction.runner_up or ""]
    odds = math.exp(min(abs(prediction.evidence), 50.0))
    if odds < _EVEN:
        return f"even odds between “{names[0]}” and “{names[1]}”"
    if prediction.evidence < 0:
        names.reverse()
    if odds > _MOST_ODDS:
        amount = f"more than {_MOST_ODDS:,}"
    else:
        amount = f"about {odds:.0f}" if odds >= 10 else f"about {odds:.1f}"
    return f"{amount} to 1 for “{names[0]}” rather than “{names[1]}”"


def sum_details(sheet: Sheet, prediction: Prediction) -> str:
    """How the numbers hang together."""
    name = prediction.require_leading()
    text = (
        f"{counted(len(sheet.matches), 'contribution')} sum to the logit of “{name}”, "
        f"{signed(prediction.logits[name])}"
    )
    if prediction.runner_up is not None:
        second = prediction.runner_up
        text += (
            f", and likewise to that of “{second}”, {signed(prediction.logits[second])}. The bars "
            f"are the differences; their sum, {signed(prediction.evidence)}, is the log-odds of "
            "one against the other"
        )
    return f"{text}. Calibration turns the logits of all classes into probabilities."
