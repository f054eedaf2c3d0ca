"""Settings become one workplace, shared by a process; one that cannot be opened is tried again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.bootstrap import open_workplace, shared_workplace
from app.domain.actors import Actor
from app.domain.errors import Unavailable
from app.services.deidentify import first_start
from app.settings import Settings
from app.store.migrate import upgrade
from tests.app.services.workplaces import START


def test_all_who_ask_get_the_same_workplace(tmp_path: Path, sqlite_url: str) -> None:
    settings = Settings(tmp_path / "data", database_url=sqlite_url)
    with ThreadPoolExecutor(4) as threads:
        workplaces = set(threads.map(lambda n: shared_workplace(settings), range(4)))
    (workplace,) = workplaces
    assert workplace is shared_workplace(Settings(tmp_path / "data", database_url=sqlite_url))
    workplace.close()


def test_what_could_not_be_opened_is_opened_at_the_next_call(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data")
    with pytest.raises(Unavailable, match="lost this program's tables"):
        shared_workplace(settings)
    upgrade(settings.store_url, backups=None, now=START)
    workplace = shared_workplace(settings)
    assert workplace.settings == settings
    workplace.close()


def test_what_was_answered_at_the_first_start_holds_for_all_who_ask(
    tmp_path: Path, sqlite_url: str
) -> None:
    settings = Settings(tmp_path / "data", database_url=sqlite_url, pseudonym_key="ab" * 32)
    before = shared_workplace(settings)
    assert before.awaits_choice and shared_workplace(settings).awaits_choice
    first_start.answer(before.of(Actor("Reader One")), patients=True)
    after = shared_workplace(settings)
    assert after.pseudonyms is not None and after is shared_workplace(settings)
    after.close()


def test_the_data_folder_is_closed_to_other_users(tmp_path: Path, sqlite_url: str) -> None:
    settings = Settings(tmp_path / "data", database_url=sqlite_url)
    open_workplace(settings).close()
    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert settings.blobs.is_dir() and settings.galleries.is_dir() and settings.backups.is_dir()
