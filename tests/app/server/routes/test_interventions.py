"""What a browser tries, behind the guard."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.domain.actors import NOBODY, Actor
from app.domain.errors import Unavailable
from app.server.routes import interventions
from app.server.routes.interventions import MOST
from app.server.security import LOOPBACK_NAMES, Guard
from app.services.inference import queue, tries
from app.services.interventions import asking
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.asking import ask
from tests.app.server.servers import let_in
from tests.app.services.workplaces import FakePool, make_workplace, png

OURS = "http://localhost:8501"
BOX = {"kind": "rectangle", "points": [[2, 2], [9, 12]]}
OFF = {"off": ["p01"], "region": None}
HIDDEN = {"off": [], "region": {"marks": [BOX], "action": "hide", "fill": "blur"}}
Asked = Callable[..., tuple[int, dict]]


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    made = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield made
    made.close()


@pytest.fixture
def case(workplace: Workplace) -> str:
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, FakePool())
    return case_id


@pytest.fixture
def asked(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setattr(interventions, "MOMENT", 0.0)
    monkeypatch.setattr(interventions, "PATIENCE", 0.0)

    def ask_as(
        path: str,
        document: object = None,
        *,
        method: str = "POST",
        actor: Actor = workplace.actor,
        origin: str = OURS,
        body: bytes | None = b"",
    ) -> tuple[int, dict]:
        app = Starlette(
            routes=interventions.intervention_routes(lambda: workplace),
            middleware=[Middleware(Guard, hosts=LOOPBACK_NAMES), Middleware(let_in(actor))],
        )
        if document is not None:
            body = json.dumps(document).encode()
        status, _, answer = ask(
            app, f"/api/room/try/{path}", method=method, headers={"origin": origin}, body=(body,)
        )
        return status, json.loads(answer) if answer.startswith(b"{") else {}

    return ask_as


def test_prototypes_that_are_off_are_answered_with_the_request(asked: Asked, case: str) -> None:
    status, told = asked(f"{case}/0", OFF)
    assert (status, told["state"], told["off"]) == (200, "done", ["p01"])
    assert asked(told["id"], method="GET") == (200, told)


def test_a_region_is_answered_as_soon_as_the_worker_was_there(
    asked: Asked, workplace: Workplace, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, told = asked(f"{case}/0", HIDDEN)
    assert (status, told["state"]) == (200, "waiting")
    assert asked(told["id"], method="GET") == (200, told)
    monkeypatch.setattr(interventions, "PATIENCE", 20.0)
    real, looks = asking.result, []

    def looked(*what: object) -> object:
        looks.append(1)
        if len(looks) == 3:  # the worker comes while the request waits
            worker = threading.Thread(target=tries.run_waiting, args=(workplace, FakePool()))
            worker.start()
            worker.join()
        return real(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(asking, "result", looked)
    status, done = asked(told["id"], method="GET")
    assert (status, done["state"], done["id"]) == (200, "done", told["id"])
    assert done["control"].startswith("A random region of that size: ")


def test_a_try_is_cancelled(asked: Asked, case: str) -> None:
    _, told = asked(f"{case}/0", HIDDEN)
    expected = {"id": told["id"], "state": "cancelled", "text": "Cancelled."}
    assert asked(f"{told['id']}/cancel") == (200, expected)
    assert asked(told["id"], method="GET") == (200, expected)


def test_what_cannot_be_tried_is_a_sentence(
    asked: Asked, workplace: Workplace, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, document, status in (
        (f"{case}/0", {"off": []}, 422),
        (f"{case}/0", {"off": ["p99"]}, 422),
        (f"{case}/0", [1], 400),
        (f"{case}/7", OFF, 404),
        ("gone/0", OFF, 404),
        ("gone/cancel", OFF, 404),
    ):
        result = asked(path, document)
        assert result[0] == status and result[1]["error"].endswith("."), (path, result)
    for body in (b"{", b"[" * 100_000, b"\xff"):
        assert asked(f"{case}/0", body=body)[0] == 400
    assert asked(f"{case}/0", body=b" " * (MOST + 1))[0] == 413
    assert asked(f"{case}/0", body=None)[0] == 400  # the browser went away
    pool = FakePool()

    def broken() -> None:
        raise ValueError

    pool.before_intervene = broken
    _, told = asked(f"{case}/0", HIDDEN)
    queue.run_pending(workplace, pool)
    status, told = asked(told["id"], method="GET")
    assert status == 422 and told["error"].startswith("Unexpected error")

    def away(*what: object, **how: object) -> None:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(asking, "request_sent", away)
    assert asked(f"{case}/0", OFF) == (503, {"error": "The database cannot be reached."})


def test_other_sites_and_people_without_the_role_try_nothing(
    asked: Asked, workplace: Workplace, case: str
) -> None:
    auditor = Actor("An auditor", "reader", frozenset({"auditor"}))
    assert asked(f"{case}/0", OFF, origin="http://elsewhere.example")[0] == 403
    for actor in (auditor, NOBODY):
        assert asked(f"{case}/0", OFF, actor=actor)[0] == 403
    with workplace.store.read() as tx:
        assert tx.tries.newest_of(case, frame=0, reader=workplace.reader) is None
    _, told = asked(f"{case}/0", OFF)
    other = Actor("Another reader", "reader", frozenset({"reader"}))
    assert asked(told["id"], method="GET", actor=other)[0] == 404
