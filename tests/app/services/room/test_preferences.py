"""What a reader has set for themselves: it follows them, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.actors import Actor
from app.domain.errors import Refused
from app.services.room.preferences import MOST_PRESETS, change, of_reader
from app.services.studies import blinding
from app.services.workplace import Workplace

LUNG = {"name": "Lung", "centre": -500, "width": 1500.5}


def test_nothing_is_set_at_first_and_what_is_not_sent_stays(workplace: Workplace) -> None:
    assert of_reader(workplace) == {"reads_first": False}
    change(workplace, {"keys": {"accept": "q"}})
    both = change(workplace, {"presets": [LUNG], "other": 1})
    assert both == of_reader(workplace)
    assert both["keys"] == {"accept": "q"}
    assert both["presets"] == [LUNG | {"centre": -500.0}]
    assert change(workplace, {"keys": {}})["keys"] == {}


def test_another_reader_has_their_own(workplace: Workplace) -> None:
    change(workplace, {"keys": {"accept": "q"}})
    other = workplace.of(Actor("x" * 200))
    assert of_reader(other) == {"reads_first": False}
    change(other, {"keys": {"accept": "z"}})
    assert of_reader(workplace)["keys"] == {"accept": "q"}


@pytest.mark.parametrize(
    "sent",
    [
        {"keys": "q"},
        {"presets": LUNG},
        {"presets": [LUNG] * (MOST_PRESETS + 1)},
        {"presets": ["Lung"]},
        {"presets": [LUNG | {"centre": "far"}]},
        {"presets": [{"name": "Lung", "centre": 1}]},
        {"presets": [LUNG | {"width": float("inf")}]},
        {"presets": [LUNG | {"centre": float("nan")}]},
        {"presets": [LUNG | {"width": 10**400}]},
        {"presets": [LUNG | {"width": 0}]},
    ],
)
def test_what_is_no_key_and_no_window_is_refused_and_nothing_changes(
    workplace: Workplace, sent: dict[str, Any]
) -> None:
    change(workplace, {"presets": [LUNG]})
    with pytest.raises(Refused):
        change(workplace, sent)
    assert len(of_reader(workplace)["presets"]) == 1


def test_a_windows_name_is_cut_to_what_the_menu_shows(workplace: Workplace) -> None:
    (kept,) = change(workplace, {"presets": [LUNG | {"name": "x" * 99}]})["presets"]
    assert kept["name"] == "x" * 40


def test_a_reader_may_choose_that_their_own_read_comes_first(workplace: Workplace) -> None:
    assert change(workplace, {"reads_first": True})["reads_first"] is True
    assert blinding.reads_first(workplace) and of_reader(workplace)["reads_first"]
    change(workplace, {"reads_first": "no"})
    assert blinding.reads_first(workplace), "no answer to the question changes nothing"
    assert change(workplace, {"reads_first": False})["reads_first"] is False
