"""The table of the audit: filters, rows, one entry in full."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.domain.audit.entries import ACTIONS, AuditEntry, AuditFilters, AuditPage
from app.domain.text import local_time
from app.services.audit import reading
from app.services.workplace import Workplace
from app.views.shared.date_range import date_range
from app.views.shared.format import plain
from app.views.shared.pagination import draw_pager

_NO_FILTERS = AuditFilters()
_HASHES = (
    ("Pixels, or a row's values", "image"),
    ("Model", "bundle"),
    ("Site's settings", "settings"),
    ("Contents", "content"),
    ("Entry before", "previous"),
    ("This entry", "hash"),
)


def draw_filters(workplace: Workplace) -> AuditFilters:
    """One line of filters."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        subject = st.text_input(
            "Find", key="filter-audit-subject", placeholder="Id or hash", width=220
        )
        action = st.selectbox(
            "Action",
            ACTIONS,
            index=None,
            format_func=str.capitalize,
            placeholder="Any",
            key="filter-audit-action",
            width=190,
        )
        actor = st.selectbox(
            "Actor",
            reading.actors(workplace),
            index=None,
            placeholder="Any",
            key="filter-audit-actor",
            width=170,
        )
        days = st.date_input("When", value=[], key="filter-audit-days", width=220)
    since, until = date_range(days)
    return AuditFilters(
        actor=actor, action=action, subject=(subject or "").strip(), since=since, until=until
    )


def draw_table(filters: AuditFilters, audit: AuditPage) -> None:
    """Rows, and the chosen one in full."""
    if not audit.rows and audit.page == 0:
        what = "Nothing was recorded yet." if filters == _NO_FILTERS else "No entry matches these."
        st.info(what, icon=":material/history:")
        return
    selection = st.dataframe(
        table(audit.rows),
        hide_index=True,
        height="content",
        row_height=31,
        on_select="rerun",
        selection_mode="single-row",
        key="audit-table",
    )
    draw_pager("audit", total=audit.total, size=audit.size, noun="entry", nouns="entries")
    selected = selection["selection"]["rows"] if selection else []
    if selected and selected[0] < len(audit.rows):
        _draw_entry(audit.rows[selected[0]])
    else:
        st.caption("Choose a row to see its hashes.")


def table(rows: tuple[AuditEntry, ...]) -> pd.DataFrame:
    """The table, one row per entry."""
    return pd.DataFrame(
        {
            "Entry": [row.sequence for row in rows],
            "When": [_when(row) for row in rows],
            "Actor": [row.actor for row in rows],
            "Action": [str(row.action).capitalize() for row in rows],
            "Of": [row.subject or "–" for row in rows],
            "Pixels or values": [_short(row.image) for row in rows],
            "Model": [_short(row.bundle) for row in rows],
        }
    )


def _draw_entry(entry: AuditEntry) -> None:
    with st.container(border=True, key="audit-entry", gap="xsmall"):
        st.markdown(
            f"**Entry {entry.sequence}** · {plain(str(entry.action).capitalize())} · "
            f"{plain(_when(entry))} · {plain(str(entry.actor))} ({plain(str(entry.actor_kind))})"
        )
        st.caption(f"Recorded at {plain(str(entry.recorded_at))}")
        if entry.subject:
            st.caption(f"Of {plain(entry.subject)}")
        for name, field in _HASHES:
            value = getattr(entry, field)
            if value:
                st.caption(f"{name} {plain(value)}")


def _when(entry: AuditEntry) -> str:
    """Local time; the text itself where it was altered."""
    return local_time(entry.at) if entry.at else str(entry.recorded_at)


def _short(digest: str) -> str:
    return str(digest or "")[:8] or "–"
