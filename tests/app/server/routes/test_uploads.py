"""Files sent to the routes behind the guard, as the field in the browser sends them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.server.routes.uploads import MOST, TOO_LONG, upload_routes
from app.server.security import LOOPBACK_NAMES, Guard
from app.services.deidentify.patients import CHOICE
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.asking import ask
from tests.app.server.servers import let_in
from tests.app.services.workplaces import make_workplace

OURS = "http://localhost:8501"
Post = Callable[..., tuple[int, dict]]


@pytest.fixture
def workplace(tmp_path: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    settings = Settings(tmp_path / "data", upload_files=2, file_bytes=3 << 20)
    made = make_workplace(settings, database=empty_sqlite)
    yield made
    made.close()


@pytest.fixture
def token(workplace: Workplace) -> str:
    return workplace.uploads.open()


@pytest.fixture
def post(workplace: Workplace, token: str) -> Post:
    return posting(workplace, token)


def posting(workplace: Workplace, token: str) -> Post:
    """Sends as the field in the browser does."""
    app = Starlette(
        routes=upload_routes(lambda: workplace),
        middleware=[Middleware(Guard, hosts=LOOPBACK_NAMES), Middleware(let_in(workplace.actor))],
    )

    def asked(path: str = "", *body: bytes | None, **headers: str) -> tuple[int, dict]:
        named = {"origin": OURS, "x-upload-token": token, "x-upload-name": "a.png"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        status, _, answer = ask(
            app, f"/api/uploads{path}", method="POST", headers=named, body=body or (b"",)
        )
        return status, json.loads(answer) if answer.startswith(b"{") else {}

    return asked


def spooled(workplace: Workplace) -> list[Path]:
    return list(workplace.settings.spool.iterdir())


def test_a_file_is_written_as_it_comes_and_named_as_the_browser_named_it(
    post: Post, workplace: Workplace, token: str
) -> None:
    pieces = [bytes([n]) * 70_000 for n in range(20)]
    name = "Station%20%C3%A4/Bild%201.png"
    status, answer = post("", *pieces, x_upload_name=name)
    (file,) = workplace.uploads.held(token)
    assert (status, answer) == (200, {"id": file.key, "size": 1_400_000})
    assert file.name == "Station ä/Bild 1.png"
    assert workplace.uploads.spool.source(file.key).read() == b"".join(pieces)


def test_too_much_is_refused_in_a_sentence_and_removed(post: Post, workplace: Workplace) -> None:
    over = [b"x" * (1 << 20)] * 4
    for body, headers in ((over, {}), ([b""], {"content_length": str(4 << 20)})):
        status, answer = post("", *body, **headers)
        assert status == 413
        assert answer["error"].startswith("The file is larger than 3 MiB")
        assert spooled(workplace) == []
    post("", b"x")
    post("", b"y")
    status, answer = post("", b"z")
    assert (status, len(spooled(workplace))) == (413, 2)
    assert answer["error"].startswith("These are 3 files; 2 fit in one upload.")


def test_a_browser_that_goes_away_leaves_nothing(
    post: Post, workplace: Workplace, token: str
) -> None:
    post("", b"x" * (2 << 20), None)
    assert spooled(workplace) == [] and workplace.uploads.totals(token) == (0, 0)


def test_what_may_not_be_sent_is_said_before_it_is_sent(post: Post) -> None:
    assert post("/check", b'{"files": 2, "size": 5}') == (200, {"ok": True})
    status, answer = post("/check", b'{"files": 201, "size": 5}')
    assert (status, answer["error"][:36]) == (200, "These are 201 files; 2 fit in one up")


def test_dropped_files_are_gone_and_others_stay(
    post: Post, workplace: Workplace, token: str
) -> None:
    ids = [post("", b"x")[1]["id"], post("", b"y")[1]["id"]]
    asked = json.dumps({"ids": [ids[0], "not one", "../x"]}).encode()
    assert post("/drop", asked)[0] == 200
    assert [path.name for path in spooled(workplace)] == [ids[1]]


@pytest.mark.parametrize("path", ["", "/check", "/drop"])
def test_without_its_token_nothing_is_done(post: Post, workplace: Workplace, path: str) -> None:
    for wrong in ("", "guess"):
        status, answer = post(path, b'{"files": 1, "size": 1, "ids": []}', x_upload_token=wrong)
        assert (status, answer["renew"]) == (200 if path == "/check" else 403, True)
        assert "Reload" in answer["error"]
    assert spooled(workplace) == []


def test_no_page_but_ours_sends_files(post: Post, workplace: Workplace) -> None:
    for origin in ("http://localhost:3000", "null"):
        assert post("", b"x", origin=origin)[0] == 403
    assert post("", b"x", sec_fetch_site="same-site")[0] == 403
    assert spooled(workplace) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"files": -1, "size": 0}', b'{"ids": 3}', b"[" * 100_000]
)
def test_a_request_of_another_kind_is_answered_calmly(post: Post, body: bytes) -> None:
    for path in ("/check", "/drop"):
        assert post(path, body)[0] == 400


def test_a_question_longer_than_any_of_ours_is_refused(post: Post) -> None:
    for path in ("/check", "/drop"):
        assert post(path, b" " * (MOST + 1)) == (413, {"error": TOO_LONG})


def test_a_disk_without_room_is_status_507(
    post: Post, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.store.files.spool.Receiving.write", full)
    status, answer = post("", b"x")
    assert (status, spooled(workplace)) == (507, [])
    assert answer["error"].startswith("The disk is full")


def test_the_database_is_never_asked_in_the_event_loop(
    workplace: Workplace, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = replace(workplace, awaits_choice=True)
    with asks.store.write() as tx:
        tx.set_setting(CHOICE, False)
    read = asks.store.read
    in_loop: list[bool] = []

    def watched() -> object:
        in_loop.append(asyncio._get_running_loop() is not None)
        return read()

    monkeypatch.setattr(asks.store, "read", watched)
    post = posting(asks, token)
    assert post("", b"x" * 100)[0] == 200
    assert post("/check", json.dumps({"files": 1, "size": 1}).encode())[0] == 200
    assert in_loop and not any(in_loop)
