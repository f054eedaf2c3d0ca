"""Annotations: signed revisions with filters, and their export as CSV or JSON."""

from app.services import annotations
from app.views.annotations.table import draw_filters, draw_table
from app.views.shared.pagination import keep_filters, page_number
from app.views.shared.workplace import current_workplace

keep_filters()
workplace = current_workplace()
filters = draw_filters(workplace)
rows = annotations.search(workplace, filters, page=page_number("notes"), size=15)
draw_table(workplace, filters, rows)
