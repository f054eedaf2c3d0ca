"""That patients' images are held is said once, and holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import open_workplace
from app.domain.errors import Refused
from app.services import batches
from app.services.demo import add_demo_cases
from app.services.pictures import folder_job
from app.services.uploading import intake, receiving
from app.settings import Settings
from app.store.files.secret_keys import WrongKey
from tests.app.services.workplaces import active_model, png

KEY = "ab" * 32


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    """Of a new installation."""
    return Settings(tmp_path / "data", database_url=sqlite_url)


def test_the_choice_is_kept_and_turns_demo_cases_off(settings: Settings) -> None:
    chosen = open_workplace(replace(settings, patients=True, pseudonym_key=KEY))
    assert chosen.holds_patients and chosen.pseudonyms is not None
    assert add_demo_cases(chosen) == 0
    chosen.close()
    again = open_workplace(replace(settings, pseudonym_key=KEY))
    assert again.holds_patients and again.pseudonyms is not None
    again.close()
    with pytest.raises(Refused, match="PATIENTS=no was not followed"):
        open_workplace(replace(settings, patients=False, pseudonym_key=KEY))


def test_a_new_installation_takes_in_nothing_before_the_choice(
    settings: Settings, assets: Path
) -> None:
    opened = open_workplace(replace(settings, assets=assets, folders=(settings.data,)))
    model = active_model(opened).digest
    assert opened.awaits_choice and not opened.holds_patients
    token = opened.uploads.open()
    for way in (
        lambda: intake.add(opened, png(1), name="a.png"),
        lambda: receiving.check(opened, token, files=1),
        lambda: batches.start_upload(opened, [("a.png", png(1))]),
        lambda: batches.start_folder(opened, settings.data),
        lambda: folder_job.start(opened, model, settings.data),
    ):
        with pytest.raises(Refused, match="DPROTONET_PATIENTS to yes or no"):
            way()
    assert add_demo_cases(opened) == 0
    opened.close()


def test_with_the_answer_no_files_are_kept_as_they_come(settings: Settings) -> None:
    for asked in (False, None):
        opened = open_workplace(replace(settings, patients=asked))
        assert not opened.awaits_choice
        assert not opened.holds_patients and opened.pseudonyms is None
        opened.close()


@pytest.mark.parametrize("kept", ["a case", "the mark of an earlier start"])
def test_an_installation_from_before_the_question_goes_on_unasked(
    settings: Settings, assets: Path, kept: str
) -> None:
    opened = open_workplace(replace(settings, assets=assets))
    if kept == "a case":
        intake.add(replace(opened, awaits_choice=False), png(1), name="a.png", predict=False)
    else:
        with opened.store.write() as tx:
            tx.set_setting("demo_cases_added", True)
    opened.close()
    again = open_workplace(replace(settings, assets=assets))
    assert not again.awaits_choice and not again.holds_patients
    assert intake.add(again, png(2), name="b.png", predict=False).case_id
    again.close()


def test_no_key_or_another_key_starts_nothing(settings: Settings) -> None:
    with pytest.raises(WrongKey, match="new-key"):
        open_workplace(replace(settings, patients=True))
    open_workplace(replace(settings, patients=True, pseudonym_key=KEY)).close()
    with pytest.raises(WrongKey, match="not the key"):
        open_workplace(replace(settings, pseudonym_key="cd" * 32))


def test_cases_that_came_in_as_they_were_are_not_mixed_with_patients(settings: Settings) -> None:
    opened = open_workplace(replace(settings, patients=False))
    try:
        intake.add(opened, png(1), name="a.png", predict=False)
    finally:
        opened.close()
    with pytest.raises(Refused, match="new data folder"):
        open_workplace(replace(settings, patients=True, pseudonym_key=KEY))


def test_de_identification_is_switched_off_in_words_alone(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    opened = open_workplace(replace(settings, patients=True, deidentifies=False))
    assert opened.holds_patients and opened.pseudonyms is None
    assert "kept as they come" in caplog.text
    opened.close()
