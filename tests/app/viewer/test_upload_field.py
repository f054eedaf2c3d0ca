from __future__ import annotations

import pytest

from app.viewer.upload_field import Upload, parse_upload


def test_ids_and_failures_are_taken_from_the_browser() -> None:
    assert parse_upload({"ids": ["a", "b"], "failed": 1}) == Upload(("a", "b"), 1)


@pytest.mark.parametrize(
    "state", [None, "x", [], {}, {"ids": "ab", "failed": 0}, {"ids": [], "failed": "1"}]
)
def test_a_malformed_state_counts_as_nothing_sent(state: object) -> None:
    assert parse_upload(state) == Upload()


def test_an_id_that_is_no_text_is_left_out() -> None:
    assert parse_upload({"ids": [1, "a", None], "failed": 0}).ids == ("a",)
