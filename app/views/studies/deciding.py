"""Cases that an adjudicator decides."""

from __future__ import annotations

import streamlit as st

from app.domain.studies.adjudication import DueCase
from app.domain.studies.study import Study
from app.domain.text import counted
from app.services.studies import adjudicating
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.navigation import link_to_case


def draw_deciding(workplace: Workplace, study: Study) -> None:
    """The first case that waits, with what its readers say, and the form to decide."""
    if study.state != "open":
        return
    with show_errors():
        due = adjudicating.cases_to_decide(workplace, study.study_id)
        st.markdown("###### To decide")
        if not due:
            st.caption("No case waits for a decision.")
            return
        st.caption(f"{counted(len(due), 'case')} wait for a decision. The next one:")
        _draw_case(workplace, study, due[0])


def opinion_lines(case: DueCase) -> list[str]:
    """What each reader says, as Markdown."""
    return [
        f"Reader {number}: **{plain(one.label)}**, confidence {one.confidence}"
        + (f", {counted(len(one.marks), 'mark')}" if one.marks else "")
        + (f" — {plain(one.text)}" if one.text else "")
        for number, one in enumerate(case.opinions, start=1)
    ]


def _draw_case(workplace: Workplace, study: Study, due: DueCase) -> None:
    case_id, frame = due.case.case_id, due.case.frame
    link_to_case("Open the case", case_id)
    st.markdown("\n".join(f"- {line}" for line in opinion_lines(due)))
    key = f"{study.study_id}-{case_id}-{frame}"
    label = st.selectbox("Label", study.protocol.labels, index=None, key=f"decide-label-{key}")
    words = study.protocol.confidence
    confidence = st.segmented_control(
        "Confidence",
        range(1, 6),
        format_func=lambda step: f"{step} {words[step - 1]}",
        key=f"decide-confidence-{key}",
    )
    text = st.text_input("Remark", key=f"decide-text-{key}", max_chars=2000)

    def decide() -> None:
        with show_errors_on_top():
            adjudicating.adjudicate(
                workplace,
                study.study_id,
                case_id,
                frame=frame,
                label=label or "",
                confidence=confidence or 0,
                text=text,
            )

    st.button(
        "Decide",
        type="primary",
        disabled=label is None or confidence is None,
        key=f"decide-{key}",
        on_click=decide,
    )
