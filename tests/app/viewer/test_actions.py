"""Each action has one key of its own, and leaves the room's keys alone."""

from app.viewer.actions import ACTIONS
from tests.paths import ROOT

ROOM = {"A", "R", "S", "J", "N", "P", "F", "?", "1", "2", "3", "4", "5", "Ctrl+Enter"}
STREAMLIT = {"C", "R"}


def test_no_two_actions_share_a_name_or_a_key() -> None:
    keys = [action.key for action in ACTIONS if action.key]
    assert len(set(keys)) == len(keys)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_no_key_is_one_of_the_rooms_or_of_streamlit() -> None:
    assert not {action.key for action in ACTIONS} & (ROOM | STREAMLIT)


def test_the_page_about_the_viewer_has_every_action_with_its_key() -> None:
    page = (ROOT / "docs/viewer.md").read_text("utf-8")
    listed = [action for action in ACTIONS if not action.id.startswith("preset-")]
    assert [a.id for a in listed if f"| {a.title} | `{a.key}` |" not in page] == []
