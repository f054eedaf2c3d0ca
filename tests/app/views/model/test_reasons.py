"""“Edit its reasons”: switches, an immediate answer, a proposal."""

from __future__ import annotations

import pytest

from app.domain.bundles import BundleInfo
from app.domain.proposals import Cost, EditAnswer, Figures
from app.services.editing import proposals
from app.services.workplace import Workplace
from app.views.model.reasons import cost_table, cost_text
from tests.app.views.screen import Screen

COST = Cost(16, Figures(0.9, 0.75, 0.5), Figures(0.89, 0.814, None), 1, 0.03)


@pytest.fixture
def edit(parent: BundleInfo, screen: Screen) -> Screen:
    """The model page of a model that can be edited, with a tolerance that anything keeps to."""
    screen.open("model")
    screen.app.segmented_control(key="reasons-tolerance").set_value(0.5)
    return screen.run()


def flip(page: Screen, label: str, info: BundleInfo, prototype: str, value: bool) -> Screen:
    """Use a prototype's switch."""
    key = f"{label}-{info.digest}-{prototype}"
    next(toggle for toggle in page.app.toggle if toggle.key == key).set_value(value)
    return page.run()


def test_a_model_that_keeps_nothing_to_fit_on_says_why_it_cannot_be_edited(page: Screen) -> None:
    assert "keeps no similarities of its training images" in page.text
    assert "python -m training responses BUNDLE" in page.text
    assert not page.app.toggle and not page.buttons("Propose")


def test_before_anything_is_switched_the_page_says_what_to_do(edit: Screen) -> None:
    assert "Nothing is changed yet. Switch a prototype off, or require one." in edit.text
    assert not edit.buttons("Propose")


def test_switching_off_is_answered_at_once_and_changes_nothing(
    edit: Screen, parent: BundleInfo, workplace: Workplace
) -> None:
    answer = proposals.ask(workplace, parent.digest, off=("p01",), tolerance=0.5)
    assert answer.cost is not None
    flip(edit, "use", parent, "p01", False)
    assert cost_text(answer.cost) in edit.text
    assert "from the similarities that the model keeps" in edit.text
    table = edit.app.dataframe[0].value
    assert list(table.iloc[:, 0]) == ["AUROC", "Accuracy", "Log loss"]
    assert workplace.models.get(parent.digest).off == ()
    assert proposals.newest(workplace) == ()
    flip(edit, "use", parent, "p01", True)
    assert "Nothing is changed yet. Switch" in edit.text


def test_what_is_not_possible_says_why_and_cannot_be_proposed(
    edit: Screen, parent: BundleInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = EditAnswer(False, "The loss rises by 70%, and 50% is allowed.", COST, 3.0)
    monkeypatch.setattr(proposals, "ask", lambda *words, **more: refused)
    flip(edit, "use", parent, "p01", False)
    assert "Not within the tolerance. The loss rises by 70%" in edit.warnings[0].replace("*", "")
    assert edit.buttons("Propose")[0].disabled


def test_a_prototype_that_is_off_cannot_be_required(edit: Screen, parent: BundleInfo) -> None:
    flip(edit, "use", parent, "p01", False)
    key = f"require-{parent.digest}-p01"
    assert next(toggle for toggle in edit.app.toggle if toggle.key == key).disabled


def test_a_link_from_the_review_begins_with_the_prototype_switched_off(
    parent: BundleInfo, screen: Screen
) -> None:
    screen.app.query_params["model"] = parent.digest
    screen.app.query_params["off"] = "p02"
    screen.open("model")
    key = f"use-{parent.digest}-p02"
    assert next(toggle for toggle in screen.app.toggle if toggle.key == key).value is False


def test_only_what_was_measured_is_in_the_table() -> None:
    table = cost_table(COST)
    assert table.values.tolist() == [
        ["AUROC", "0.900", "0.890", "−0.010"],
        ["Accuracy", "0.750", "0.814", "+0.064"],
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (0, "0 of 16 validation images get another label."),
        (1, "1 of 16 validation images gets another label."),
        (None, "Measured on 16 validation images."),
    ],
)
def test_labels_that_change_are_counted(changed: int | None, said: str) -> None:
    assert cost_text(Cost(16, Figures(), Figures(), changed)) == said
