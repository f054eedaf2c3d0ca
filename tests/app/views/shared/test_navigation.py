from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.services.workplace import Workplace
from tests.app.views.screen import MAIN, Screen


def test_the_address_brings_a_new_session_back_to_the_case(
    image: Screen, workplace: Workplace
) -> None:
    case_id = image.case_id
    again = Screen(AppTest.from_file(str(MAIN), default_timeout=20))
    again.app.query_params["case"] = case_id
    assert again.run().room["case"] == case_id
