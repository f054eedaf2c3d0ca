"""The routes of the reading room: one sheet in words, and what a hand did in it, both as JSON.

Whoever asks is known to the entrance, and the services say what they may do. The guard in front
lets only our own pages send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.errors import NotFound, Refused
from app.server.entrance import actor_of
from app.server.refusals import with_refusals
from app.server.routes.json_body import Sent, read_object
from app.server.routes.place import LARGEST, place
from app.services import explanations, jobs, review
from app.services.dicom_out import files
from app.services.report import case_report
from app.services.room import blind, opening, preferences, queue, second_read, signing
from app.services.sending import asking
from app.services.worklist import claims
from app.services.workplace import Workplace

ROUTE = "/api/room"
MOST = 1 << 20  # bytes of what a hand did
TOO_LONG = "This is more than can be kept. Draw or write less."
LONGEST_STUDY = 32  # characters of an id
Answer = Callable[[Workplace, Request, Sent], Any]


def room_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Everything under /api/room but uploads' and tries' own."""

    def route(path: str, answer: Answer, method: str = "POST") -> Route:
        @with_refusals
        async def endpoint(request: Request) -> Response:
            is_sent = method == "POST"
            body = await read_object(request, most=MOST, too_long=TOO_LONG) if is_sent else {}
            said = await run_in_threadpool(
                lambda: answer(get_workplace().of(actor_of(request)), request, body)
            )
            return said if isinstance(said, Response) else JSONResponse(said)

        return Route(f"{ROUTE}/{path}", endpoint, methods=[method])

    return [
        route("sheet/{case}/{frame:int}", _sheet, "GET"),
        route("queue/{case}", _queue, "GET"),
        route("report/{case}/{frame:int}", _report, "GET"),
        route("dicom/{case}/{frame:int}", _dicom, "GET"),
        route("preferences", _preferences, "GET"),
        route("preferences", _change_preferences),
        route("draft/{case}/{frame:int}", _draft),
        route("discard/{case}/{frame:int}", _discard),
        route("sign/{case}/{frame:int}", _sign),
        route("lock/{case}/{frame:int}", _lock),
        route("claim/{case}", _claim),
        route("release/{case}", _release),
        route("explain/{case}/{frame:int}", _explain),
        route("cancel/{job}", _cancel),
        route("retry/{case}/{frame:int}", _retry),
        route("model/{case}", _model),
        route("follow-site/{case}", _follow_site),
        route("send/{case}/{frame:int}", _send),
        route("sending/{sending}/retry", _retry_sending),
        route("sending/{sending}/cancel", _cancel_sending),
        route("delete/{case}", _delete),
    ]


def _sheet(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    anyway = request.query_params.get("anyway") == "1"
    study = _study(request)
    return asdict(opening.open_room(workplace, case, frame=frame, study=study, anyway=anyway))


def _queue(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, study = request.path_params["case"], _study(request)
    if study:
        return asdict(queue.of_study(workplace, case, study))
    filters = queue.filters_of(request.query_params)
    return asdict(queue.around(workplace, case, filters))


def _report(workplace: Workplace, request: Request, sent: Sent) -> Response:
    case, frame = place(request)
    made = case_report.of_case(workplace, case, frame=frame)
    return _file(made, case_report.KIND, case_report.file_name(case, frame))


def _dicom(workplace: Workplace, request: Request, sent: Sent) -> Response:
    case, frame = place(request)
    made = files.as_zip(workplace, case, frame=frame)
    return _file(made, files.KIND, files.file_name(case, frame))


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _preferences(workplace: Workplace, request: Request, sent: Sent) -> Any:
    return preferences.of_reader(workplace)


def _change_preferences(workplace: Workplace, request: Request, sent: Sent) -> Any:
    return preferences.change(workplace, sent)


def _draft(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    revision = _revision(sent)
    kept = signing.keep(
        workplace, case, sent, frame=frame, revision=revision, study=_study(request)
    )
    return {"saved_at": kept}


def _discard(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    signing.discard(workplace, case, frame=frame, study=_study(request))
    return {}


def _sign(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    study = _study(request)
    if study:
        second_read.sign(workplace, case, sent, frame=frame, study=study)
        return {"revision": 0, "text": "Signed."}
    signed = signing.sign(workplace, case, sent, frame=frame, revision=_revision(sent))
    return {"revision": signed.revision, "text": f"Signed as revision {signed.revision}."}


def _lock(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    blind.lock(workplace, case, sent, frame=frame, study=_study(request))
    return {"text": "Locked."}


def _claim(workplace: Workplace, request: Request, sent: Sent) -> Any:
    if workplace.actor.is_alone:
        return {"text": ""}  # there is nobody who would want to know
    held = claims.claim(workplace, request.path_params["case"])
    is_others = held is not None and held.reader != workplace.reader
    return {"text": f"{held.reader} works on this case too." if held and is_others else ""}


def _release(workplace: Workplace, request: Request, sent: Sent) -> Any:
    claims.release(workplace, request.path_params["case"])
    return {}


def _explain(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    answer = explanations.request(
        workplace, case, frame=frame, node=str(sent.get("node")), tier=_tier(sent)
    )
    return {"node": answer.node or ""}


def _cancel(workplace: Workplace, request: Request, sent: Sent) -> Any:
    jobs.cancel(workplace, request.path_params["job"])
    return {}


def _retry(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    review.retry_prediction(workplace, case, frame=frame)
    return {}


def _model(workplace: Workplace, request: Request, sent: Sent) -> Any:
    review.set_case_model(workplace, request.path_params["case"], str(sent.get("model")))
    return {}


def _follow_site(workplace: Workplace, request: Request, sent: Sent) -> Any:
    review.follow_site(workplace, request.path_params["case"])
    return {}


def _send(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case, frame = place(request)
    asking.send(workplace, case, frame=frame)
    return {}


def _retry_sending(workplace: Workplace, request: Request, sent: Sent) -> Any:
    asking.retry(workplace, request.path_params["sending"])
    return {}


def _cancel_sending(workplace: Workplace, request: Request, sent: Sent) -> Any:
    asking.cancel(workplace, request.path_params["sending"])
    return {}


def _delete(workplace: Workplace, request: Request, sent: Sent) -> Any:
    review.delete_case(workplace, request.path_params["case"])
    return {}


def _study(request: Request) -> str:
    study = request.query_params.get("study", "")
    if len(study) > LONGEST_STUDY:
        raise NotFound("There is no such study. Choose one from the list.")
    return study


def _revision(sent: Sent) -> int:
    revision = sent.get("revision")
    if isinstance(revision, bool) or not isinstance(revision, int):
        revision = -1
    if not 0 <= revision <= LARGEST:
        raise Refused("It is not said which revision you saw. Reload the page, then try again.")
    return revision


def _tier(sent: Sent) -> Any:
    tier = sent.get("tier") or "standard"
    if tier not in ("instant", "draft", "standard", "full"):
        raise Refused("There is no such heatmap. Reload the page, then try again.")
    return tier
