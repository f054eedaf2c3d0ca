import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.server.asgi import (
    answered_hosts,
    expiring_uploads,
    load_pages,
    serve,
    streamlit_options,
)
from app.services.uploading import receiving
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.spool import Spool
from tests.app.asking import run_apart
from tests.app.services.workplaces import (
    make_workplace,
)


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """An empty workplace with two models."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


def test_what_pages_are_drawn_with_is_loaded_and_not_looked_at_again_for_garbage() -> None:
    try:
        load_pages()
        assert {"app.views.review.case", "app.views.model.card", "pandas"} <= sys.modules.keys()
        assert gc.get_freeze_count() > 10 * len(gc.get_objects())
    finally:
        gc.unfreeze()


def test_behind_a_proxy_the_proxy_decides_on_names(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert answered_hosts(settings) is not None
    assert "evil.example" not in (answered_hosts(settings) or ())
    proxied = replace(settings, address="0.0.0.0", behind_proxy=True, sign_in="accounts")
    assert answered_hosts(proxied) is None
    named = answered_hosts(replace(proxied, hosts=("review.example",))) or frozenset()
    assert "review.example" in named and "localhost" in named and "evil.example" not in named


def test_a_start_removes_what_an_earlier_run_left_of_uploads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path)
    with Spool(settings.spool).receive() as receiving:
        receiving.write(b"of nobody any more")
    seen: list[list[Path]] = []

    class Idle:
        def run(self, *, config: object) -> None:
            seen.append(list(settings.spool.iterdir()))

    monkeypatch.setattr("app.server.asgi.make_app", lambda settings, token: Idle())
    serve(settings, token="of this start")
    assert seen == [[]]


def test_uploads_that_nobody_came_back_for_are_removed_while_the_server_runs(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = workplace.uploads.open()
    with receiving.receive(workplace, token, name="a.png") as incoming:
        incoming.write(b"x")
    monkeypatch.setattr("app.server.asgi.EXPIRY_SECONDS", 0.01)
    looks: list[int] = []

    def looked() -> Workplace:
        looks.append(1)
        if len(looks) == 1:
            raise OSError("the disk was away for a moment")
        if len(looks) == 3:
            monkeypatch.setattr("app.services.upload_ledger.LIFE_SECONDS", -1.0)
        return workplace

    async def run() -> None:
        async with expiring_uploads(looked):
            end = time.monotonic() + 60
            while any(workplace.settings.spool.iterdir()) and time.monotonic() < end:
                await asyncio.sleep(0.005)

    run_apart(run())
    assert list(workplace.settings.spool.iterdir()) == []


def test_streamlit_is_told_to_be_local_and_quiet(tmp_path: Path) -> None:
    options = streamlit_options(Settings(tmp_path))
    assert options["browser.gatherUsageStats"] is False
    assert options["server.address"] == "127.0.0.1"
    assert options["client.showErrorDetails"] == "none"
    assert options["server.fileWatcherType"] == "none"
    assert options["server.maxUploadSize"] == 1, "files come by a route of our own"


def test_every_option_is_known_to_the_installed_streamlit(tmp_path: Path) -> None:
    from streamlit import config

    known = config._config_options_template
    assert set(streamlit_options(Settings(tmp_path))) <= set(known)


def test_the_server_and_its_pages_never_import_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys, app.server.asgi, app.views.review.case, app.views.model.card, "
        "app.views.batch.batches, app.views.annotations.table, app.views.batch.new_batch; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
