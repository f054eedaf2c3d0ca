"""Several files at once: each costs itself only."""

from dataclasses import replace

from app.services.uploading import several
from app.services.workplace import Workplace
from tests.app.services.workplaces import png


def test_files_and_what_is_none_are_told_apart(workplace: Workplace) -> None:
    items = [("a.png", png(1)), ("again.png", png(1)), ("b.txt", b"text"), ("t.csv", b"a,b\n1,2\n")]
    results = several.add_many(workplace, items)
    assert [one.outcome for one in results] == ["added", "duplicate", "skipped", "error"]
    assert "reads images, and this is a table" in results[3].message


def test_a_file_that_is_too_large_costs_no_other(workplace: Workplace) -> None:
    small = replace(workplace, settings=replace(workplace.settings, file_bytes=len(png(1))))
    results = several.add_many(small, [("a.png", png(2, side=64)), ("b.png", png(1))])
    assert [one.outcome for one in results] == ["error", "added"]
