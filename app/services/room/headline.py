"""The first sentence of the evidence: what the model says, and whether it was made for this."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.cases import CaseFacts, Sheet
from app.domain.noun import Noun
from app.domain.room.sheet import ClassBar, Headline
from app.domain.text import distinct_percents, number, percent
from app.services.room import refusal
from app.services.room.evidence import sum_details
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.support import Support

_FRONTAL = ("PA", "AP")
_LATERAL = ("LL", "RL", "LATERAL")
_FILMS = ("CR", "DX", "DR")
CALIBRATED = (
    "Calibrated probability: in the calibration data, about 80 of 100 {images} with 80 % had this "
    "label."
)


def headline(sheet: Sheet, *, note_on_classes: str = "", stopped: str = "") -> Headline:
    """Of whatever state the sheet is in.

    Args:
        sheet: of one frame.
        note_on_classes: what the classes mean, where their names do not say it.
        stopped: who stopped the model, when and why; empty of one that is not stopped.
    """
    prediction = sheet.prediction
    if sheet.problem:
        return Headline("failed", sheet.problem, "")
    if prediction is None:
        return Headline(
            "waiting", f"Reading the {sheet.noun.one}…", "The prediction will appear here."
        )
    if sheet.is_refused:
        return refusal.headline(prediction.support, sheet.noun)
    called = prediction.leading != sheet.negative_class and bool(prediction.called)
    details = [
        _threshold_text(prediction, sheet.negative_class),
        note_on_classes,
        sheet.noun.say(CALIBRATED),
    ]
    if sheet.matches:
        details.append(sum_details(sheet, prediction))
    return Headline(
        "finding" if called else "negative",
        first_sentence(prediction, sheet.negative_class),
        context(sheet.case.facts, prediction.support),
        (*([f"The model is {stopped}"] if stopped else []), *_cautions(prediction, sheet.noun)),
        tuple(text for text in details if text),
        bars(prediction, sheet.negative_class),
    )


def first_sentence(prediction: Prediction, negative_class: str | None) -> str:
    """Pneumonia 60 %, below the 62 % call: not called."""
    if prediction.thresholds is not None:
        return _sentence_of_many(prediction, prediction.thresholds)
    label = prediction.require_leading()
    if prediction.threshold is None or negative_class is None:
        return f"{_capital(label)} {percent(prediction.probabilities[label])}: the most probable."
    finding = prediction.class_to_look_at(negative_class) or label
    others = [name for name in prediction.probabilities if name != negative_class]
    probability = 1 - prediction.probabilities[negative_class]
    first, second = distinct_percents(probability, prediction.threshold)
    outcome = "not called" if label == negative_class else f"called {label}"
    if len(others) == 1:
        if label != negative_class:
            outcome = "called"
        relation = _relation(probability, prediction.threshold)
        return f"{_capital(finding)} {first}, {relation} the {second} call: {outcome}."
    relation = _relation(probability, prediction.threshold)
    return (
        f"Any finding {first}, {relation} the {second} call: {outcome}. Most probable: {finding}, "
        f"{percent(prediction.probabilities[finding])}."
    )


def _sentence_of_many(prediction: Prediction, thresholds: Mapping[str, float]) -> str:
    if prediction.called:
        names = ", ".join(
            f"{name} {percent(prediction.probabilities[name])}" for name in prediction.called
        )
        return f"{_capital(names)}: called, each from a threshold of its own."
    name = prediction.require_leading()
    first, second = distinct_percents(prediction.probabilities[name], thresholds[name])
    return f"Nothing is called. Closest: {name} {first}, below its {second} call."


def context(facts: CaseFacts, support: Support | None) -> str:
    """Frontal chest film, as in training."""
    kind = kind_of_image(facts)
    if support is None:
        return f"{kind}. The model cannot tell whether it was made for such {facts.noun.an}."
    if support.verdict == "caution":
        return f"{kind}, at the edge of what the model was trained on."
    return f"{kind}, as in training."


def kind_of_image(facts: CaseFacts) -> str:
    """Frontal chest film; Image where the file does not say."""
    if facts.is_row:
        return "Row of a table"
    view = facts.view_position.upper()
    direction = "frontal" if view in _FRONTAL else "lateral" if view in _LATERAL else ""
    if facts.modality.upper() in _FILMS:
        words = [direction, facts.body_part.lower(), "film"]
    else:
        words = [facts.modality.upper(), facts.body_part.lower(), "image"]
    return _capital(" ".join(word for word in words if word))


def bars(prediction: Prediction, negative_class: str | None) -> tuple[ClassBar, ...]:
    """One for each class, the most probable first, with the threshold's mark where there is one."""
    ordered = sorted(prediction.probabilities, key=lambda name: -prediction.probabilities[name])
    marks = threshold_marks(prediction, negative_class)
    return tuple(
        ClassBar(
            name=name,
            value=prediction.probabilities[name],
            text=percent(prediction.probabilities[name]),
            is_called=name in prediction.called,
            mark=marks.get(name),
        )
        for name in ordered
    )


def threshold_marks(prediction: Prediction, negative_class: str | None) -> dict[str, float]:
    """The mark on each class's bar.

    The threshold applies to the sum of all classes but the negative one; multi-label: one for each
    class. With two classes the mark is on the other class's bar; with more, on the negative one's.
    """
    if prediction.thresholds is not None:
        return dict(prediction.thresholds)
    if prediction.threshold is None or negative_class not in prediction.probabilities:
        return {}
    others = [name for name in prediction.probabilities if name != negative_class]
    if len(others) == 1:
        return {others[0]: prediction.threshold}
    return {negative_class or "": 1 - prediction.threshold}


def _threshold_text(prediction: Prediction, negative_class: str | None) -> str:
    """How the label follows from the probabilities."""
    if prediction.thresholds is not None:
        return "Multi-label: each class is called from its own threshold (mark)."
    if prediction.threshold is None or negative_class is None:
        return "The label is the most probable class."
    others = [name for name in prediction.probabilities if name != negative_class]
    if len(others) == 1:
        return f"“{others[0]}” is called from {percent(prediction.threshold)} (mark)."
    return (
        f"A finding is called from {percent(prediction.threshold)} for all findings together "
        f"(mark: {percent(1 - prediction.threshold)} of “{negative_class}”)."
    )


def _cautions(prediction: Prediction, noun: Noun) -> tuple[str, ...]:
    texts = []
    support = prediction.support
    if support is not None and support.verdict == "caution":
        texts.append(f"Read with caution. {' '.join(refusal.reasons(support))}")
    if prediction.no_prototype_is_close:
        texts.append(
            "No prototype is close. The highest similarity is "
            f"{number(prediction.closest_similarity)}, lower than for almost all training "
            f"{noun.several}. The prediction may not apply to this {noun.one}."
        )
    return tuple(texts)


def _relation(probability: float, threshold: float) -> str:
    # A class is called at its threshold or above.
    return "below" if probability < threshold else "above" if probability > threshold else "at"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
