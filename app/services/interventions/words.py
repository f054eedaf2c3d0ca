"""What came of a try, in words and numbers that a page shows as they are. No markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.domain.cases import SheetMatch
from app.domain.evidence import Bar, reasons, waterfall
from app.domain.interventions.tries import Try, stands_out
from app.domain.text import counted, distinct_percents, number, percent, signed
from dprotonet.inference.intervention import InterventionResult
from dprotonet.inference.prediction import Prediction

MOST_NAMED = 4  # changed values
LOOKING = "The model is looking again."
NO_ROOM = "The region leaves no room for random ones of its size, so there is nothing to compare."
AS_RANDOM = "Random regions of that size do as much, so this says little of the region."
ALL_OFF = "Every prototype is off: these are the figures that the model starts from."
AS_RANDOM_OF_ROW = "Hiding others at random does as much, so this says little of what was hidden."
UNLIKE_OF_ROW = (
    "With these values the row is unlike what the model was trained on: the figure may not apply."
)
UNLIKE = (
    "With the hidden part the image is unlike what the model was trained on: the figure may say "
    "more of the fill than of the region."
)


def told(
    one: Try,
    result: InterventionResult,
    before: Prediction,
    *,
    negative_class: str | None,
    matches: Sequence[SheetMatch],
) -> dict[str, Any]:
    """A try that is done, as plain values.

    Args:
        one: the try.
        result: of it.
        before: the prediction of the image as it is.
        negative_class: the model's class that means "nothing found".
        matches: its prototypes in use, with their source images, as the sheet of the case has them.
    """
    name = before.class_to_look_at(negative_class) or ""
    return {
        "id": one.try_id,
        "state": "done",
        **one.change.to_json(),
        "class": name,
        "label": result.label,
        "label_before": before.label,
        "sentence": sentence(name, before, result),
        "call": call_text(before, result),
        "control": control_text(one, result, name),
        "control_detail": control_detail(one, result),
        "notes": notes(one, result, before, name),
        "size": size_text(one, result),
        "probabilities": probabilities(before, result),
        "evidence": dict(result.evidence),
        **evidence_bars(one, result, matches),
    }


def sentence(name: str, before: Prediction, result: InterventionResult) -> str:
    """Pneumonia 60 % → 41 %."""
    first, second = before.probabilities[name], result.probabilities[name]
    shown = distinct_percents(first, second)
    return f"{capital(name)} {shown[0]} → {shown[1]}"


def call_text(before: Prediction, result: InterventionResult) -> str:
    """That the image is called something else now; empty where it is not."""
    if result.label == before.label:
        return ""
    return f"The call changes from “{before.label}” to “{result.label}”."


def control_text(one: Try, result: InterventionResult, name: str) -> str:
    """A random region of that size: 0.58 ± 0.05; of a row, other attributes at random."""
    region, values = one.change.region, one.change.values
    if result.control is None or (region is None and not values):
        return ""
    figure = f"{number(result.control.mean[name])} ± {number(result.control.sd[name])}"
    if region is None:
        return f"{counted(len(values), 'other attribute')} hidden, drawn at random: {figure}"
    alone = " alone" if region.action == "keep" else ""
    return f"A random region of that size{alone}: {figure}"


def control_detail(one: Try, result: InterventionResult) -> str:
    """How the control was measured."""
    control = result.control
    if control is None:
        return ""
    if one.change.values:
        return f"Mean ± standard deviation over {control.draws} draws of other attributes."
    where = "inside the body" if control.in_body else "in the image"
    return (
        f"Mean ± standard deviation over {control.draws} random places {where}, "
        "with the same shape and fill."
    )


def notes(one: Try, result: InterventionResult, before: Prediction, name: str) -> list[str]:
    """What is to be known before anybody relies on it."""
    said = []
    if one.change.region is not None and result.control is None:
        said.append(NO_ROOM)
    if stands_out(result, name) is False:
        said.append(AS_RANDOM_OF_ROW if one.change.values else AS_RANDOM)
    if result.support is not None and not result.support.supported:
        said.append(UNLIKE_OF_ROW if one.change.values else UNLIKE)
    if {match.prototype for match in before.matches} <= set(one.change.off):
        said.append(ALL_OFF)
    return said


def size_text(one: Try, result: InterventionResult) -> str:
    """12 % of the image hidden, shown blurred; of a row: radius hidden, texture 20. Empty without a
    region or a value."""
    if values := one.change.values:
        parts = [f"{name} {'hidden' if text is None else text}" for name, text in values.items()]
        more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
        said = f"Changed: {', '.join(parts[:MOST_NAMED])}{more}."
        return f"{said} What is hidden is read as missing." if None in values.values() else said
    region = one.change.region
    if region is None or result.area is None:
        return ""
    done = "hidden" if region.action == "hide" else "kept"
    fill = {"blur": "blurred", "mean": "in its mean colour", "noise": "as noise"}[region.fill]
    return f"{percent(result.area)} of the image {done}; hidden pixels are shown {fill}."


def probabilities(before: Prediction, result: InterventionResult) -> list[dict[str, Any]]:
    """One entry a class, in the model's order."""
    called = set(before.called) if result.label == before.label else set(_called(before, result))
    return [
        {
            "name": name,
            "value": value,
            "text": percent(value),
            "before": before.probabilities[name],
            "before_text": percent(before.probabilities[name]),
            "called": name in called,
        }
        for name, value in result.probabilities.items()
    ]


def _called(before: Prediction, result: InterventionResult) -> list[str]:
    if before.thresholds is None:
        return [result.label]
    return [name for name, p in result.probabilities.items() if p >= before.thresholds[name]]


def evidence_bars(
    one: Try, result: InterventionResult, matches: Sequence[SheetMatch]
) -> dict[str, Any]:
    """The waterfall of what still speaks for the class that was called rather than for the next
    one, and its sum."""
    on = [row for row in matches if row.match.prototype not in one.change.off]
    moved = [
        replace(
            row,
            match=replace(
                row.match, contribution=result.evidence[row.match.prototype], against=None
            ),
        )
        for row in on
    ]
    bars = waterfall(reasons(moved))
    total = bars[-1].end if bars else 0.0
    return {
        "bars": [_bar(bar) for bar in bars],
        "together": {"evidence": total, "text": signed(total)},
    }


def _bar(bar: Bar) -> dict[str, Any]:
    if bar.reason is None:
        name = f"Others {'for' if bar.evidence > 0 else 'against'} ({bar.count})"
        prototypes, of_class = tuple[str, ...](), ""
    else:
        prototypes, of_class = bar.reason.prototypes, bar.reason.class_name
        name = bar.reason.name
    return {
        "name": name,
        "prototypes": list(prototypes),
        "class_name": of_class,
        "count": bar.count,
        "start": bar.start,
        "evidence": bar.evidence,
        "end": bar.end,
        "text": signed(bar.evidence),
    }


def capital(name: str) -> str:
    """The name at the head of a sentence."""
    return name[:1].upper() + name[1:]
