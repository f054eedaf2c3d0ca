"""The first start's question is answered once, and each answer holds at once, everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import open_workplace
from app.domain.actors import Actor
from app.domain.errors import Refused
from app.services import review
from app.services.deidentify import first_start
from app.services.deidentify.key import WrongKey
from app.services.deidentify.patients import with_choice
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import dicom, png

KEY = "ab" * 32
ADMIN = Actor("Ada", "reader", frozenset({"admin"}))


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, assets: Path) -> Settings:
    """Of a new installation, with one demo case to come."""
    own = tmp_path / "assets"
    (own / "cases").mkdir(parents=True)
    (own / "models").symlink_to(assets / "models")
    (own / "cases" / "a.png").write_bytes(png(1))
    return Settings(tmp_path / "data", database_url=sqlite_url, assets=own)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Workplace]:
    workplace = open_workplace(settings)
    assert workplace.awaits_choice
    yield workplace
    workplace.close()


def test_no_brings_the_demo_cases_and_lets_images_in_as_they_are(opened: Workplace) -> None:
    first_start.answer(opened.of(ADMIN), patients=False)
    # The worker and the server's other pages hold what was opened before.
    assert intake.add(opened, png(2), name="own.png", predict=False).outcome == "added"
    after = with_choice(opened)
    assert not after.awaits_choice and not after.holds_patients
    assert {row.source for row in review.list_cases(after).rows} == {"demo", "upload"}
    assert ("set up without patients", "Ada") in said(after)


def test_yes_lets_nothing_in_that_was_opened_before_it(opened: Workplace) -> None:
    with_key = replace(opened, settings=replace(opened.settings, pseudonym_key=KEY))
    first_start.answer(with_key.of(ADMIN), patients=True)
    named = dicom(1, name="Zebrowski^Anna")
    with pytest.raises(Refused, match="Try again"):
        intake.add(with_key, named, name="zebrowski.dcm")
    after = with_choice(with_key)
    assert after.holds_patients and after.pseudonyms is not None and not after.awaits_choice
    taken = intake.add(after, named, name="zebrowski.dcm", predict=False)
    case = review.open_case(after, taken.case_id or "").case
    assert case.file_name.startswith("P-")
    assert review.list_cases(after).total == 1
    assert ("set up for patients", "Ada") in said(after)


def test_yes_without_a_key_keeps_nothing_and_is_asked_again(opened: Workplace) -> None:
    with pytest.raises(WrongKey, match="new-key"):
        first_start.answer(opened, patients=True)
    again = with_choice(opened)
    assert again.awaits_choice and said(again) == []
    first_start.answer(again, patients=False)


def test_it_is_answered_once(opened: Workplace) -> None:
    first_start.answer(opened, patients=False)
    with_key = replace(opened, settings=replace(opened.settings, pseudonym_key=KEY))
    with pytest.raises(Refused, match="answered before"):
        first_start.answer(with_key, patients=True)
    assert not with_choice(with_key).holds_patients


def said(workplace: Workplace) -> list[tuple[str, str]]:
    """What was answered, and by whom."""
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    return [(e.action, e.actor) for e in entries if e.action.startswith("set up")]
