"""Batch: many images as one background job, with results that open in Review."""

import streamlit as st

from app.views.batch.batches import draw_batch, draw_batch_list, open_batch
from app.views.batch.new_batch import draw_new_batch
from app.views.shared.workplace import workplace

place = workplace()
left, right = st.columns([0.3, 0.7], gap="medium")
with left:
    draw_new_batch(place)
    draw_batch_list(place)
with right:
    draw_batch(place, open_batch(place))
