"""Batch: many images as one background job, with results that open in Review."""

import streamlit as st

from app.views.batch.batches import draw_batch, draw_batch_list, open_batch
from app.views.batch.new_batch import draw_new_batch
from app.views.shared.workplace import current_workplace

workplace = current_workplace()
left, right = st.columns([0.3, 0.7], gap="medium")
with left:
    draw_new_batch(workplace)
    draw_batch_list(workplace)
with right:
    draw_batch(workplace, open_batch(workplace))
