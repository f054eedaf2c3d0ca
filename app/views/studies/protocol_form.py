"""The protocol of a new study: a form with usual choices, or JSON."""

from __future__ import annotations

import json

import streamlit as st

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.studies.protocol import (
    ADJUDICATION_RULES,
    AdjudicationRule,
    Arm,
    MarksAsked,
    Protocol,
    protocol_from_json,
)

ARMS: dict[str, tuple[Arm, ...]] = {
    "Alone first, then with the AI": ("sequential",),
    "Alone, without the AI": ("alone",),
    "With the AI from the start": ("with AI",),
    "Alone and with the AI, in two rounds": ("alone", "with AI"),
}
MARKS: dict[str, MarksAsked] = {
    "Asked for": "asked",
    "Required": "required",
    "Not asked for": "no",
}
RULES: dict[AdjudicationRule, str] = {
    "labels differ": "Where labels differ",
    "confidence differs": "Where labels differ, or confidence by two or more",
    "always": "Always",
    "never": "Never",
}
_FORM, _JSON = "Form", "JSON"


def draw_protocol(info: BundleInfo, *, title: str) -> Protocol:
    """Ask for a protocol.

    Args:
        info: the model, whose classes are the usual labels.
        title: of a protocol that the form makes.

    Raises:
        Refused: what was entered is none.
    """
    way = st.segmented_control("Protocol", [_FORM, _JSON], default=_FORM, key="study-way")
    if way == _JSON:
        return _from_json(info)
    protocol = _from_form(info, title)
    with st.expander("As JSON, to add questions"):
        st.code(_text(protocol), language="json")
    return protocol


def _from_form(info: BundleInfo, title: str) -> Protocol:
    lines = st.text_area("Labels, one a line", "\n".join(info.classes), key="study-labels")
    labels = tuple(line.strip() for line in lines.splitlines() if line.strip())
    negative = info.negative_class if info.negative_class in labels else None
    negative = st.selectbox(
        "The label that means that nothing was found",
        labels,
        index=labels.index(negative) if negative else 0,
        key="study-negative",
    )
    arms = st.selectbox("How a case is read", list(ARMS), key="study-arms")
    marks = st.selectbox("Marks on the image", list(MARKS), key="study-marks")
    reads = st.number_input(
        "Readers for each case; 0 for all", 0, 100, 0, key="study-reads", format="%d"
    )
    rule = st.selectbox(
        "An adjudicator decides",
        ADJUDICATION_RULES,
        index=ADJUDICATION_RULES.index("labels differ"),
        format_func=lambda name: RULES[name],
        key="study-rule",
    )
    sees = st.checkbox("The adjudicator sees the model's answer", key="study-sees")
    repeated = st.number_input(
        "Cases that each reader reads twice, in percent", 0, 100, 0, key="study-repeated"
    )
    washout_cases = st.number_input(
        "Other cases between two reads of one", 0, 1000, 0, key="study-washout-cases"
    )
    washout_days = st.number_input(
        "Days between two reads of one", 0, 366, 0, key="study-washout-days"
    )
    own = st.checkbox("An order of its own for each reader", value=True, key="study-shuffled")
    seed = st.number_input("Seed of the orders", 0, 2**31 - 1, 0, key="study-seed") if own else None
    return Protocol(
        title=title.strip() or "Study",
        labels=labels,
        negative_label=negative or "",
        marks=MARKS[marks],
        arms=ARMS[arms],
        seed=None if seed is None else int(seed),
        reads_per_case=int(reads),
        repeated=repeated / 100,
        washout_cases=int(washout_cases),
        washout_days=int(washout_days),
        adjudication=rule,
        adjudicator_sees_ai=sees,
    )


def _from_json(info: BundleInfo) -> Protocol:
    usual = Protocol("Study", info.classes, info.negative_class or info.classes[0])
    written = st.text_area("Protocol as JSON", _text(usual), height=400, key="study-json")
    try:
        return protocol_from_json(json.loads(written))
    except json.JSONDecodeError as error:
        raise Refused(
            f"This is no JSON: something is wrong in line {error.lineno}. Correct it."
        ) from None


def _text(protocol: Protocol) -> str:
    return json.dumps(protocol.to_json(), ensure_ascii=False, indent=2)
