"""One study: what it does, one's own part in it, and what its lead does with it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app.domain.studies.study import ReaderProgress, Study
from app.domain.text import counted, local_time, percent
from app.services.studies import exporting, managing, outcomes, reading
from app.services.workplace import Workplace
from app.views.shared.download import draw_download
from app.views.shared.errors import show_errors, show_errors_on_top
from app.views.shared.format import plain
from app.views.shared.navigation import link_to_reading
from app.views.studies.deciding import draw_deciding
from app.views.studies.new_study import draw_people
from app.views.studies.protocol_form import ARMS, RULES
from app.views.studies.results import draw_results
from app.views.studies.study_list import STATES, show_study

_PARTS = (
    ("Everything (ZIP)", "all", "zip", "application/zip"),
    ("Reads (CSV)", "reads", "csv", "text/csv"),
    ("Data dictionary (CSV)", "dictionary", "csv", "text/csv"),
    ("For iMRMC (CSV)", "iMRMC", "csv", "text/csv"),
    ("Protocol (JSON)", "protocol", "json", "application/json"),
)


def draw_study(workplace: Workplace, study_id: str | None) -> None:
    """Draw it; without one, what a study is."""
    if study_id is None:
        st.markdown("##### No study yet")
        st.caption(
            "In a study several readers read the same cases by one protocol: each alone first, "
            "without a hint of the model's answer, then with it. Its lead sees how they agree and "
            "what the answer did to them, and exports all of it as one table."
        )
        return
    with show_errors():
        study = managing.study(workplace, study_id)
        st.markdown(f"##### {plain(study.name)}")
        st.caption(plain(summary(study)))
        _draw_own(workplace, study)
        if workplace.reader in study.adjudicators:
            draw_deciding(workplace, study)
        if workplace.actor.may("run studies"):
            _draw_lead(workplace, study)


def summary(study: Study) -> str:
    """What the study does, in one line."""
    protocol = study.protocol
    arms = next(words for words, arms in ARMS.items() if arms == protocol.arms)
    parts = [
        STATES[study.state],
        counted(study.cases, "case"),
        counted(len(study.readers), "reader"),
        arms[0].lower() + arms[1:],
    ]
    if protocol.repeated:
        parts.append(f"{percent(protocol.repeated)} read twice")
    if protocol.adjudication != "never":
        rule = RULES[protocol.adjudication]
        parts.append(f"decided {rule[0].lower()}{rule[1:]}")
    parts.append(f"model {study.model_name} {study.model[:8]}")
    return " · ".join(parts)


def progress_table(rows: tuple[ReaderProgress, ...]) -> pd.DataFrame:
    """How far each reader got, and the middle of their times."""
    return pd.DataFrame(
        {
            "Reader": [row.reader for row in rows],
            "Done": [row.done for row in rows],
            "Of": [row.total for row in rows],
            "Median time (s)": [
                None if row.median_seconds is None else round(row.median_seconds, 1) for row in rows
            ],
            "Last": [local_time(row.last_at) if row.last_at else "" for row in rows],
        }
    )


def _draw_own(workplace: Workplace, study: Study) -> None:
    if workplace.reader not in study.readers or study.state == "draft":
        return
    queue = reading.queue(workplace, study.study_id)
    done = sum(entry.read.is_done for entry in queue)
    st.progress(done / len(queue) if queue else 1.0, text=f"You have read {done} of {len(queue)}")
    if study.state != "open" or done == len(queue):
        return
    if any(entry.is_due for entry in queue):
        link_to_reading("Read", study.study_id)
        return
    dates = [entry.due_at for entry in queue if entry.due_at]
    when = f" on {local_time(min(dates))}" if dates else " later"
    st.info(f"What is left waits for its second time; you can go on{when}.")


def _draw_lead(workplace: Workplace, study: Study) -> None:
    if study.state == "draft":
        _draw_draft(workplace, study)
        return
    st.markdown("###### Progress")
    rows = managing.progress(workplace, study.study_id)
    st.dataframe(progress_table(rows), hide_index=True, height="content")
    if study.state == "open":
        _draw_confirmed(
            "Close the study: nothing is added any more, and nothing is hidden by it",
            "Close",
            lambda: managing.close_study(workplace, study.study_id),
            key=f"close-{study.study_id}",
        )
    _draw_reference(workplace, study)
    draw_results(workplace, study)
    st.markdown("###### Export")
    with st.container(horizontal=True):
        for label, part, ending, kind in _PARTS:
            draw_download(
                workplace,
                label,
                exporting.export,
                study.study_id,
                part=part,
                file_name=f"study-{study.study_id}-{part}.{ending}",
                kind=kind,
            )


def _draw_draft(workplace: Workplace, study: Study) -> None:
    readers, adjudicators = draw_people(
        workplace, study.study_id, study.readers, study.adjudicators
    )
    with st.container(horizontal=True):
        if st.button("Save people", key=f"people-{study.study_id}"):
            managing.change(workplace, study.study_id, readers=readers, adjudicators=adjudicators)
            st.rerun()
        if st.button("Open for reading", type="primary", key=f"open-{study.study_id}"):
            managing.change(workplace, study.study_id, readers=readers, adjudicators=adjudicators)
            managing.open_study(workplace, study.study_id)
            st.rerun()
    st.caption(
        "Once it is open, cases, people and protocol stay as they are, and what the model says is "
        "hidden from the readers until they have locked their own read."
    )

    def discard() -> None:
        managing.discard(workplace, study.study_id)
        show_study(None)

    _draw_confirmed("Discard this draft", "Discard", discard, key=f"discard-{study.study_id}")


def _draw_confirmed(question: str, label: str, act: Callable[[], object], *, key: str) -> None:
    def acted() -> None:
        with show_errors_on_top():
            act()

    with st.container(horizontal=True, vertical_alignment="center"):
        is_sure = st.checkbox(question, key=f"sure-{key}")
        st.button(label, disabled=not is_sure, key=key, on_click=acted)


def _draw_reference(workplace: Workplace, study: Study) -> None:
    with st.expander("Reference standard"):
        st.caption(
            "A table with the columns case (id or file name) and label, as CSV. Without one, what "
            "the adjudicator decided is the truth, and what all readers agree on."
        )
        table = st.text_area("Table", "case,label\n", key=f"reference-{study.study_id}")
        if st.button("Use this table", key=f"use-reference-{study.study_id}"):
            with show_errors():
                count = outcomes.set_reference(workplace, study.study_id, table.encode())
                st.success(f"{counted(count, 'case')} have a label in the reference now.")
