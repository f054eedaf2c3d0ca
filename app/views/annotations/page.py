"""Annotations: signed revisions with filters, and their export as CSV or JSON."""

import streamlit as st

from app.services import annotations
from app.views.annotations.table import draw_filters, draw_table
from app.views.shared.pagination import keep_filters
from app.views.shared.workplace import current_workplace

keep_filters()
workplace = current_workplace()
filters = draw_filters(workplace)
rows = annotations.search(workplace, filters, page=st.session_state.get("page-notes", 0), size=15)
draw_table(workplace, filters, rows)
