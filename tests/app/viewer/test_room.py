"""What the browser's side of the reading room is given, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.viewer import room
from app.viewer.colours import COLOUR_TABLE_HEX
from app.viewer.room import reading_room


@pytest.mark.parametrize(("answer", "wants_list"), [({"leave": True}, True), ({}, False)])
def test_the_room_is_given_its_case_and_the_run_in_which_the_list_is_asked_for_says_so(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], wants_list: bool
) -> None:
    sent: dict[str, Any] = {}

    def browser(**named: Any) -> dict[str, Any]:
        sent.update(named["data"])
        return answer

    monkeypatch.setattr(room, "_component", browser)
    key = {"id": "sign", "key": "Ctrl+Enter", "title": "Sign", "group": "Verdict"}
    assert reading_room("c1", study="s1", words={"next": "Next"}, keys=[key]) is wants_list
    assert (sent["case"], sent["study"]) == ("c1", "s1")
    assert (sent["words"], sent["keys"]) == ({"next": "Next"}, [key])
    assert COLOUR_TABLE_HEX in json.dumps(sent["pane"])
