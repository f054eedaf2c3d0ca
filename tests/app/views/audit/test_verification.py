from __future__ import annotations

import pytest

from app.services.audit import verifying
from app.services.workplace import Workplace
from tests.app.store.audit.tampering import run, take_guards_down
from tests.app.views.screen import Screen


def test_it_is_verified_at_a_press_and_at_no_other_rerun(
    page: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[int] = []
    verify = verifying.verify
    monkeypatch.setattr(verifying, "verify", lambda *a, **k: (times.append(1), verify(*a, **k))[1])
    assert "Reads every entry" in page.run().text and not times
    page.press("Verify")
    assert "3 entries read" in page.text and "all agree" in page.text
    assert "3 entries read" in page.choose("Action", "case added").text
    assert times == [1]


def test_what_does_not_agree_is_listed(page: Screen, workplace: Workplace) -> None:
    take_guards_down(workplace.store)
    run(workplace.store, "UPDATE audit SET subject = 'c' WHERE sequence = 2")
    page.press("Verify")
    assert "4 problems" in page.errors[0]
    assert "Entry 2: subject (subject) does not agree with what was recorded." in page.text
