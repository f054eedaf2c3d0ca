"""Review: the list of cases and the upload field, or the open case."""

import streamlit as st

from app.views.review.case import begin_study, draw_case
from app.views.review.case_list import draw_cases
from app.views.shared.held_images import draw_held_images
from app.views.shared.navigation import open_case_id, open_study_id
from app.views.shared.pagination import keep_filters
from app.views.shared.upload import draw_upload, upload_token
from app.views.shared.workplace import current_workplace

keep_filters()
workplace = current_workplace()
case_id = open_case_id()
study_id = open_study_id()
if case_id is None and study_id:
    case_id = begin_study(workplace, study_id)
if case_id is None:
    with st.container(key="list-and-upload"):
        left, right = st.columns([0.76, 0.24], gap="medium")
    with right:
        draw_upload(workplace)
    with left:
        draw_held_images(workplace, upload_token(workplace))
        draw_cases(workplace)
else:
    draw_case(case_id)
