"""The button that verifies the audit, and what the last verification said."""

from __future__ import annotations

import streamlit as st

from app.domain.audit.entries import AuditReport
from app.domain.text import counted, local_time
from app.services.audit import verifying
from app.services.workplace import Workplace
from app.views.shared.format import plain

_REPORT = "audit-report"


def draw_verification(workplace: Workplace) -> None:
    """Verify at a press only: it reads every entry."""
    with st.container(horizontal=True, vertical_alignment="center", key="audit-verification"):
        pressed = st.button("Verify", icon=":material/verified:", key="audit-verify")
        report: AuditReport | None = st.session_state.get(_REPORT)
        if report is None and not pressed:
            st.caption("Reads every entry and says what was changed since it was recorded.")
    if pressed:
        bar = st.progress(0.0, text="Reading the audit")
        report = verifying.verify(
            workplace, progress=lambda part: bar.progress(part, text="Reading the audit")
        )
        bar.empty()
        st.session_state[_REPORT] = report
    if report is not None:
        _draw_report(report)


def _draw_report(report: AuditReport) -> None:
    when = local_time(report.checked_at)
    entries = counted(report.entries, "entry", "entries")
    if not report.count:
        last = f" The last one is {report.head.sequence}, `{report.head.hash}`."
        st.success(
            f"{entries} read at {when}: all agree.{last if report.entries else ''}",
            icon=":material/verified:",
        )
        return
    problems = counted(report.count, "problem")
    st.error(
        f"{entries} read at {when}: {problems}. Do not change anything more; "
        "compare with a backup and with your anchors.",
        icon=":material/gpp_bad:",
    )
    st.markdown("\n".join(f"- {plain(problem)}" for problem in report.problems))
    if report.count > len(report.problems):
        st.caption(f"The first {len(report.problems)} are shown.")
