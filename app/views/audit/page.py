"""Audit: who did what and when, with filters, and whether it is all as it was recorded."""

from app.services.audit import reading
from app.views.audit.table import draw_filters, draw_table
from app.views.audit.verification import draw_verification
from app.views.shared.pagination import keep_filters, page_number
from app.views.shared.workplace import current_workplace

keep_filters()
workplace = current_workplace()
workplace.actor.check("see the audit")  # before anything is drawn
draw_verification(workplace)
filters = draw_filters(workplace)
draw_table(filters, reading.search(workplace, filters, page=page_number("audit"), size=20))
