"""A new study: name, protocol, cases, people."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import CaseFilters
from app.domain.studies.protocol import Protocol
from app.domain.studies.study import StudyCase
from app.domain.text import counted
from app.services import batches, models
from app.services.studies import managing
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors
from app.views.studies.protocol_form import draw_protocol
from app.views.studies.study_list import show_study

_ALL, _FILTER, _BATCH = "All cases", "A filter", "A batch"


def draw_new_study(workplace: Workplace) -> None:
    """Ask a lead for what a study needs."""
    if not workplace.actor.may("run studies"):
        return
    with st.expander("New study", icon=":material/add:"):
        info = models.active(workplace)
        if info is None:
            st.info("A study needs a model. Add one with: `python -m app models add DIR`")
            return
        name = st.text_input("Name of the study", key="study-name", max_chars=200)
        with show_errors():
            protocol = draw_protocol(info, title=name)
            cases = _draw_cases(workplace, info.digest)
            st.caption(f"{counted(len(cases), 'case')} of this model.")
            readers, adjudicators = draw_people(workplace, "new", (), ())
            if st.button("Create", type="primary", disabled=not name.strip(), key="study-create"):
                _create(workplace, name, protocol, cases, readers, adjudicators)


def draw_people(
    workplace: Workplace, key: str, readers: tuple[str, ...], adjudicators: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask who reads, and who decides where they differ."""
    may_read, may_decide = managing.candidates(workplace)
    chosen = st.multiselect(
        "Readers",
        sorted({*may_read, *readers}),
        default=readers,
        key=f"study-readers-{key}",
    )
    deciding = st.multiselect(
        "Adjudicators",
        sorted({*may_decide, *adjudicators}),
        default=adjudicators,
        key=f"study-adjudicators-{key}",
    )
    return tuple(chosen), tuple(deciding)


def _draw_cases(workplace: Workplace, model: str) -> tuple[StudyCase, ...]:
    kind = st.segmented_control(
        "Cases", [_ALL, _FILTER, _BATCH], default=_ALL, key="study-cases-kind"
    )
    if kind == _BATCH:
        known = {one.job.job_id: one for one in batches.batches(workplace)}
        job_id = st.selectbox(
            "Batch", list(known), format_func=lambda name: known[name].title, key="study-batch"
        )
        return managing.cases_of_batch(workplace, job_id) if job_id else ()
    filters = CaseFilters(model=model, order="oldest")
    if kind == _FILTER:
        text = st.text_input("Part of the name or id", key="study-text")
        label = st.text_input("Predicted label", key="study-label")
        filters = CaseFilters(model=model, order="oldest", text=text, label=label.strip() or None)
    return managing.matching_cases(workplace, filters)


def _create(
    workplace: Workplace,
    name: str,
    protocol: Protocol,
    cases: tuple[StudyCase, ...],
    readers: tuple[str, ...],
    adjudicators: tuple[str, ...],
) -> None:
    made = managing.create(
        workplace,
        name=name,
        protocol=protocol,
        cases=cases,
        readers=readers,
        adjudicators=adjudicators,
    )
    show_study(made.study_id)
    st.rerun()
