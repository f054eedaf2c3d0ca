from __future__ import annotations

from datetime import date, timedelta

from app.services.workplace import Workplace
from tests.app.services.workplaces import START
from tests.app.store.audit.tampering import run, take_guards_down
from tests.app.views.screen import Screen


def listed(page: Screen) -> list[int]:
    return list(page.app.dataframe[0].value["Entry"])


def test_filters_narrow_the_table(page: Screen, workplace: Workplace) -> None:
    page.choose("Action", "case added")
    assert listed(page) == [2, 1]
    subject = page.app.dataframe[0].value["Of"][1]
    page.write("Find", subject)
    assert listed(page) == [1]
    page.write("Find", "none such")
    assert "No entry matches" in page.text
    page.write("Find", "").choose("Action", None).choose("Actor", workplace.reader)
    assert listed(page) == [3, 2, 1]
    day = START.astimezone().date()
    page.app.date_input[0].set_value((day, day))
    assert listed(page.run()) == [3, 2, 1]
    page.app.date_input[0].set_value((date(2020, 1, 1), day - timedelta(days=1)))
    assert "No entry matches" in page.run().text


def test_a_chosen_entry_is_shown_with_its_hashes(page: Screen, workplace: Workplace) -> None:
    page.app.session_state["audit-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.run()
    with workplace.store.read() as tx:
        entry = list(tx.audit.entries())[-1]
    for part in ("Entry 3", "Model activated", "(local reader)", entry.hash, entry.previous):
        assert part in page.text, part
    assert f"Model {entry.bundle}" in page.text and "Pixels of the image" not in page.text


def test_an_entry_that_was_altered_is_shown_as_it_is(page: Screen, workplace: Workplace) -> None:
    take_guards_down(workplace.store)
    run(workplace.store, "UPDATE audit SET recorded_at = 'yesterday', actor = '<b>x'")
    page.app.session_state["audit-table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    assert "yesterday" in page.run().text and "<b>x" in page.text
