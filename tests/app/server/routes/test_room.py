"""The reading room's routes behind the guard, asked as the room in the browser asks them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.domain.actors import NOBODY, Actor
from app.domain.errors import DiskFull
from app.server.routes.room import MOST, TOO_LONG, room_routes
from app.server.security import LOOPBACK_NAMES, Guard
from app.services import models, originals, review
from app.services.inference import queue
from app.services.studies import blinding
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.errors import FULL
from tests.app.asking import ask
from tests.app.server.servers import let_in
from tests.app.services.dicom_out.reads import image_file, sign, taken_in
from tests.app.services.sending.outboxes import NOWHERE, sending_to
from tests.app.services.workplaces import FakePool, by_brightness, png

OURS = "http://localhost:8501"
ACCEPT = {"verdict": "accept", "confidence": "4"}
BOX = {"kind": "rectangle", "points": [[2.0, 3.0], [6.0, 9.0]]}
Asking = Callable[..., tuple[int, Any]]


def asking(workplace: Workplace, actor: Actor) -> Asking:
    """Asks as somebody: by POST where something is sent, by GET otherwise."""
    app = Starlette(
        routes=room_routes(lambda: workplace),
        middleware=[Middleware(Guard, hosts=LOOPBACK_NAMES), Middleware(let_in(actor))],
    )

    def asked(
        path: str, sent: object = None, *, body: bytes | None = None, query: str = "", **more: str
    ) -> tuple[int, Any]:
        content = json.dumps(sent).encode() if body is None else body
        is_sent = sent is not None or body is not None
        status, headers, answer = ask(
            app,
            f"/api/room/{path}",
            method="POST" if is_sent else "GET",
            headers={"origin": OURS} | more,
            body=(content,) if is_sent else (b"",),
            query=query,
        )
        if headers["content-type"] != "application/json":
            return status, answer  # the guard's
        assert headers["cache-control"] == "no-store"
        return status, json.loads(answer)

    return asked


@pytest.fixture
def room(workplace: Workplace) -> Asking:
    return asking(workplace, workplace.actor)


def test_a_sheet_comes_as_json_and_a_refused_image_is_shown_on_request_only(
    room: Asking, case: str, workplace: Workplace
) -> None:
    status, sheet = room(f"sheet/{case}/0")
    assert (status, sheet["case_id"], sheet["stage"]) == (200, case, "free")
    assert sheet["headline"]["sentence"] == "Finding 82 %, above the 50 % call: called."
    assert [card["id"] for card in sheet["cards"]] == ["p00", "p01", "p02", "p03"]
    dark = str(intake.add(workplace, png(level=10), name="dark.png").case_id)
    queue.run_pending(workplace, FakePool(gate=by_brightness))
    assert room(f"sheet/{dark}/0")[1]["cards"] == []
    assert len(room(f"sheet/{dark}/0", query="anyway=1")[1]["cards"]) == 4


def test_entries_are_kept_discarded_and_signed(room: Asking, case: str) -> None:
    entries = {"answers": ACCEPT | {"text": "mine"}, "marks": [BOX], "revision": 0}
    status, kept = room(f"draft/{case}/0", entries)
    assert status == 200 and kept["saved_at"]
    assert room(f"sheet/{case}/0")[1]["form"]["answers"]["text"] == "mine"
    assert room(f"discard/{case}/0", {}) == (200, {})
    assert room(f"sheet/{case}/0")[1]["form"]["answers"] == {}
    room(f"draft/{case}/0", entries)
    signed = room(f"sign/{case}/0", entries)
    assert signed == (200, {"revision": 1, "text": "Signed as revision 1."})
    form = room(f"sheet/{case}/0")[1]["form"]
    assert (form["revision"], form["draft_saved_at"], form["answers"]["text"]) == (1, "", "mine")


def test_a_conflict_is_told_as_one_and_the_draft_stays(
    room: Asking, case: str, workplace: Workplace
) -> None:
    entries = {"answers": ACCEPT | {"text": "mine"}, "revision": 0}
    room(f"draft/{case}/0", entries)
    other = workplace.of(Actor("Reader Two"))
    review.sign(other, case, verdict="accept", confidence=1, expected_revision=0)
    status, answer = room(f"sign/{case}/0", entries)
    assert status == 409 and "nothing was overwritten" in answer["error"]
    form = room(f"sheet/{case}/0")[1]["form"]
    assert form["answers"]["text"] == "mine" and form["newer"].startswith("Revision 1 was signed")


def test_a_first_read_is_locked(room: Asking, case: str, workplace: Workplace) -> None:
    blinding.set_reads_first(workplace, True)
    blind = room(f"sheet/{case}/0")[1]
    assert (blind["stage"], blind["headline"], blind["cards"]) == ("blind", None, [])
    said = {"answers": {"label": "finding", "confidence": "4"}, "marks": [BOX]}
    assert room(f"lock/{case}/0", said) == (200, {"text": "Locked."})
    assert room(f"sheet/{case}/0")[1]["headline"]["tone"] == "finding"
    assert room(f"lock/{case}/0", said)[0] in (409, 422)


def test_what_a_reader_has_set_comes_back(room: Asking) -> None:
    assert room("preferences") == (200, {"reads_first": False})
    chosen = {"keys": {"accept": "q"}, "reads_first": False}
    assert room("preferences", {"keys": {"accept": "q"}}) == (200, chosen)
    assert room("preferences") == (200, chosen)
    status, answer = room("preferences", {"keys": {"accept": 7}})
    assert status == 422 and answer["error"].startswith("These are no keys")


def test_heatmaps_are_asked_for_and_cancelled(
    room: Asking, case: str, workplace: Workplace
) -> None:
    asked = room(f"explain/{case}/0", {"node": "class:finding", "tier": "standard"})
    assert asked == (200, {"node": "class:finding"})
    (work,) = room(f"sheet/{case}/0")[1]["work"]
    assert room(f"cancel/{work['job_id']}", {}) == (200, {})
    assert room(f"sheet/{case}/0")[1]["work"] == []
    for sent in ({"node": "class:finding", "tier": "best"}, {"node": "class:x"}, {}):
        status, answer = room(f"explain/{case}/0", sent)
        assert status == 422 and answer["error"].endswith((".", "again."))


def test_the_model_is_chosen_retried_and_followed(
    room: Asking, case: str, workplace: Workplace
) -> None:
    other = next(one for one in models.all(workplace) if one.name == "chest-phantom")
    assert room(f"model/{case}", {"model": other.digest}) == (200, {})
    assert room(f"sheet/{case}/0")[1]["facts"]["model"] == other.digest
    assert room(f"retry/{case}/0", {}) == (200, {}) == room(f"follow-site/{case}", {})
    assert room(f"model/{case}", {"model": "0" * 64})[0] == 404


def test_whoever_works_on_a_case_is_named_to_others_and_the_queue_is_around_it(
    room: Asking, case: str, workplace: Workplace
) -> None:
    roles = frozenset({"reader"})
    one, other = (
        asking(workplace, Actor(name, "reader", roles)) for name in ("Reader One", "Reader Two")
    )
    assert one(f"claim/{case}", {}) == (200, {"text": ""})
    assert other(f"claim/{case}", {})[1]["text"] == "Reader One works on this case too."
    assert one(f"release/{case}", {}) == (200, {})
    assert other(f"claim/{case}", {})[1]["text"] == ""
    # One reader alone at this machine tells nobody.
    assert room(f"claim/{case}", {}) == (200, {"text": ""})
    assert not any(row.held_by == "Reader One" for row in review.list_cases(workplace).rows)
    status, found = room(f"queue/{case}")
    assert status == 200 and [row["case_id"] for row in found["rows"]] == [case]


def test_a_deletion_that_cannot_be_done_says_why(
    room: Asking, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise DiskFull(FULL)

    with monkeypatch.context() as patched:
        patched.setattr(originals, "remove", full)
        assert room(f"delete/{case}", {}) == (503, {"error": FULL})
    assert room(f"delete/{case}", {}) == (200, {})
    status, answer = room(f"sheet/{case}/0")
    assert (status, "no longer exists" in answer["error"]) == (404, True)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"revision": 0, "active_seconds": NaN}',
        b'{"revision": 0, "active_seconds": 1e999}',
        b'{"revision": 0, "answers": {"text": "\\u0000"}}',
        b'{"revision": 0, "answers": {"text": "\\ud800"}}',
        b"[" * 100_000,
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_what_is_no_object_or_cannot_be_kept_is_not_understood(
    room: Asking, case: str, body: bytes
) -> None:
    for path in (f"draft/{case}/0", f"sign/{case}/0", "preferences"):
        status, answer = room(path, body=body)
        assert status == 400
        assert answer == {"error": "This request is not understood. Reload the page."}
    assert room(f"sheet/{case}/0")[1]["form"]["draft_saved_at"] == ""


def test_more_than_can_be_kept_is_said_and_not_kept(room: Asking, case: str) -> None:
    body = b'{"revision": 0, "answers": {"text": "' + b"x" * MOST + b'"}}'
    for path in (f"draft/{case}/0", f"sign/{case}/0", "preferences"):
        assert room(path, body=body) == (413, {"error": TOO_LONG})
    assert room(f"sheet/{case}/0")[1]["form"]["draft_saved_at"] == ""


@pytest.mark.parametrize("revision", [None, "0", True, -1, 1.5, 2**31, 10**30])
def test_a_revision_that_is_none_is_refused(room: Asking, case: str, revision: object) -> None:
    for path in ("draft", "sign"):
        status, answer = room(f"{path}/{case}/0", {"answers": ACCEPT, "revision": revision})
        assert status == 422 and "which revision you saw" in answer["error"]


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"answers": {}}, "Say whether the label is right"),
        ({"answers": ACCEPT, "marks": [1]}, "is no shape"),
        ({"answers": ACCEPT, "judgements": {"p00": {"similar": ["yes"]}}}, "cannot be read"),
        ({"answers": ACCEPT, "judgements": {"p99": {"similar": "yes"}}}, "no prototype"),
        ({"answers": ACCEPT | {"reason": {}, "verdict": {}}}, "how sure|label is right"),
    ],
)
def test_what_cannot_be_signed_is_a_sentence(
    room: Asking, case: str, entries: dict[str, Any], sentence: str
) -> None:
    status, answer = room(f"sign/{case}/0", entries | {"revision": 0})
    assert status == 422 and re.search(sentence, answer["error"]), answer
    assert room(f"sheet/{case}/0")[1]["revisions"] == []


def test_frames_and_studies_that_are_not_there_are_said(room: Asking, case: str) -> None:
    entries = {"answers": ACCEPT, "revision": 0}
    for frame in (7, 10**30):
        for path, sent in (("sheet", None), ("draft", entries), ("sign", entries), ("discard", {})):
            status, answer = room(f"{path}/{case}/{frame}", sent)
            assert status == 404 and "frame" in answer["error"], (path, answer)
    for study in ("0" * 32, "x" * 1000):
        for path, sent in (("sheet", None), ("sign", entries), ("lock", entries)):
            status, answer = room(f"{path}/{case}/0", sent, query=f"study={study}")
            assert status == 404 and answer["error"].endswith(".")


def test_a_browser_that_goes_away_while_it_sends_leaves_nothing(
    workplace: Workplace, room: Asking, case: str
) -> None:
    app = Starlette(
        routes=room_routes(lambda: workplace), middleware=[Middleware(let_in(workplace.actor))]
    )
    half = b'{"revision": 0, "answers": {"text": "ha'
    assert ask(app, f"/api/room/draft/{case}/0", method="POST", body=(half, None))[0] == 400
    assert room(f"sheet/{case}/0")[1]["form"]["draft_saved_at"] == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://localhost:9999"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_another_sites_page_may_not_send(room: Asking, case: str, headers: dict[str, str]) -> None:
    status, _ = room(f"sign/{case}/0", {"answers": ACCEPT, "revision": 0}, **headers)
    assert status == 403
    assert room(f"sheet/{case}/0")[1]["revisions"] == []


def test_a_signed_dicom_image_is_handed_on_as_a_file(
    workplace: Workplace, room: Asking, case: str
) -> None:
    signed = taken_in(workplace, FakePool(), image_file("dx"))
    assert room(f"sheet/{signed}/0")[1]["facts"]["dicom"] == ""
    sign(workplace, signed)
    path = room(f"sheet/{signed}/0")[1]["facts"]["dicom"]
    app = Starlette(
        routes=room_routes(lambda: workplace), middleware=[Middleware(let_in(workplace.actor))]
    )
    status, headers, body = ask(app, path)
    assert (status, headers["content-type"], body[:2]) == (200, "application/zip", b"PK")
    assert headers["content-disposition"] == f'attachment; filename="dicom-{signed}.zip"'
    room(f"sign/{case}/0", {"answers": ACCEPT, "revision": 0})
    assert room(f"sheet/{case}/0")[1]["facts"]["dicom"] == ""  # a PNG file
    status, answer = room(f"dicom/{case}/0")
    assert status == 422 and "no DICOM file" in answer["error"]


def test_a_signed_image_is_sent_on_request_and_taken_back(workplace: Workplace) -> None:
    signed = taken_in(workplace, FakePool(), image_file("dx"), explains=False)
    sign(workplace, signed)
    room = asking(sending_to(workplace, NOWHERE), workplace.actor)
    assert room(f"sheet/{signed}/0")[1]["facts"]["send"] == "Send to main"
    assert room(f"send/{signed}/0", {})[0] == 200
    facts = room(f"sheet/{signed}/0")[1]["facts"]
    (one,) = facts["sending"]
    assert facts["send"] == "" and one["text"] == "Waiting for main, to be sent soon."
    assert [action["id"] for action in one["actions"]] == ["retry", "cancel"]
    assert room(f"sending/{one['id']}/retry", {})[0] == 200
    assert room(f"sending/{one['id']}/cancel", {})[0] == 200
    assert room(f"sending/{one['id']}/cancel", {})[0] == 409
    assert room("sending/none/retry", {})[0] == 404
    plain = asking(workplace, workplace.actor)
    status, answer = plain(f"send/{signed}/0", {})
    assert status == 422 and "sends nothing" in answer["error"]


def test_roles_are_asked_for_and_nobody_gets_nothing(workplace: Workplace, case: str) -> None:
    for actor in (NOBODY, Actor("Aud", "reader", frozenset({"auditor"}))):
        asked = asking(workplace, actor)
        for path, sent in (
            (f"sheet/{case}/0", None),
            (f"queue/{case}", None),
            (f"draft/{case}/0", {"revision": 0}),
            (f"sign/{case}/0", {"answers": ACCEPT, "revision": 0}),
            (f"delete/{case}", {}),
        ):
            status, answer = asked(path, sent)
            assert (status, set(answer)) == (403, {"error"}), path
    reader = asking(workplace, Actor("Ann", "reader", frozenset({"reader"})))
    assert reader(f"delete/{case}", {})[0] == 403
    assert reader(f"sign/{case}/0", {"answers": ACCEPT, "revision": 0})[0] == 200
