"""Images in, and the list of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.cases import ORDERS, STATUSES, CaseFilters, CaseRow, Intake, Order, Status
from app.domain.errors import Refused
from app.server.refusals import Statuses, refusal
from app.server.routes.pieces import received
from app.server.routes.v1 import queries
from app.server.routes.v1.endpoints import Endpoint, Sent
from app.server.routes.v1.schemas import ORDER, PAGE, STATUS, TEXT
from app.server.security import PROGRAMS
from app.services.review import listing, opening
from app.services.tables.arriving import is_table
from app.services.uploading import intake, receiving, several
from app.services.workplace import Workplace

ANY_FILE = "application/octet-stream"
TOO_MUCH: Statuses = ((receiving.NoRoom, 507), (Refused, 413))
"""While a file arrives; what is wrong with it then is said as of every request."""


def _cases(workplace: Workplace, request: Request, sent: Sent) -> Any:
    filters = CaseFilters(
        text=request.query_params.get("find", ""),
        status=cast("Status | None", queries.one_of(request, "status", STATUSES)),
        order=cast("Order", queries.one_of(request, "order", ORDERS) or "newest"),
    )
    found = listing.list_cases(workplace, filters, **queries.page_asked(request))
    return queries.page_of(found, _row)


def _row(row: CaseRow) -> dict[str, Any]:
    return {
        "id": row.case_id,
        "name": row.file_name,
        "status": row.status,
        "label": row.label,
        "probability": row.probability,
        "verdict": row.verdict,
        "reader": row.reader,
        "is_hidden": row.is_hidden,
        "added_at": row.created_at.isoformat(),
    }


def _case(workplace: Workplace, request: Request, sent: Sent) -> Any:
    case = opening.case_of(workplace, request.path_params["case"])
    return {
        "id": case.case_id,
        "name": case.file_name,
        "sha256": case.file_sha256,
        "pixel_sha256": case.pixel_sha256,
        "format": case.facts.format,
        "rows": case.facts.rows,
        "columns": case.facts.columns,
        "frames": case.facts.frames,
        "modality": case.facts.modality,
        "view_position": case.facts.view_position,
        "model": case.model,
        "added_at": case.created_at.isoformat(),
    }


class _Sessions:
    """The upload session of each person: what programs send at once counts together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}

    def token(self, workplace: Workplace) -> str:
        with self._lock:
            known = self._tokens.get(workplace.reader)
            self._tokens[workplace.reader] = token = receiving.token(workplace, known)
        return token


_SESSIONS = _Sessions()


async def _add(workplace: Workplace, request: Request) -> Response:
    name = request.query_params.get("name", "")
    if not name:
        raise Refused("The file has no name. Give one: /cases?name=film.dcm")
    token = await run_in_threadpool(_SESSIONS.token, workplace)
    try:
        key, _ = await received(workplace, request, token, name=name)
    except Refused as error:
        return refusal(error, TOO_MUCH)
    return await run_in_threadpool(_taken_in, workplace, token, key)


def _taken_in(workplace: Workplace, token: str, key: str) -> Response:
    with receiving.taken(workplace, token, [key]) as files:
        name, data = next(files)
        if is_table(data, name):
            return _of_rows(several.add_rows(workplace, data, name=name))
        return _of_file(intake.add(workplace, data, name=name))


def _of_file(added: Intake) -> Response:
    answer: dict[str, Any] = {"outcome": added.outcome, "case": added.case_id, "rows": []}
    if added.outcome == "duplicate":
        return JSONResponse(answer)
    where = f"{PROGRAMS}cases/{added.case_id}"
    return JSONResponse(answer, 201, {"Location": where})


def _of_rows(results: Sequence[Intake]) -> Response:
    if all(one.case_id is None for one in results):
        raise Refused(f"No row of the table can be read. {results[0].message}")
    rows = [
        {"name": one.name, "outcome": one.outcome, "case": one.case_id, "message": one.message}
        for one in results
    ]
    is_any_new = any(one.outcome == "added" for one in results)
    answer = {"outcome": "table", "case": None, "rows": rows}
    return JSONResponse(answer, 201 if is_any_new else 200)


ENDPOINTS = (
    Endpoint(
        "GET",
        "cases",
        "Lists cases, as the worklist does.",
        "see cases",
        "CasePage",
        _cases,
        query={**PAGE, "find": TEXT, "status": STATUS, "order": ORDER},
    ),
    Endpoint(
        "POST",
        "cases",
        "Takes an image or a table in: the body is the file. Predictions are queued.",
        "add images",
        "Added",
        streamed=_add,
        query={"name": TEXT},
        takes=ANY_FILE,
        statuses={
            201: "It was added, or rows of it were.",
            200: "This very file was there already, or all rows of it that can be read.",
        },
    ),
    Endpoint("GET", "cases/{case}", "Says what a case is.", "see cases", "Case", _case),
)
