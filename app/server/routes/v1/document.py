"""The description of the routes for programs, OpenAPI 3.1, made of the table of endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.server.routes.v1.endpoints import Endpoint, Schema
from app.server.routes.v1.schemas import SCHEMAS, TEXT, WHOLE, ref
from app.server.security import PROGRAMS

VERSION = "1.0"
_PART = re.compile(r"\{(\w+)(:int)?\}")
_REFUSALS = {
    400: "The request is not understood.",
    401: "There is no token, or it is over.",
    403: "The roles of the token's person do not allow it, or they are to read the case first.",
    404: "There is no such thing.",
    422: "It cannot be done as asked.",
    429: "The token asks too often; Retry-After says for how long to wait.",
    503: "The store cannot be reached now.",
}
_OF_CHANGES = {409: "Another revision came in between."}
_OF_FILES = {413: "The file is too large.", 507: "The disk is full."}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = _PART.sub(r"{\1}", endpoint.path)
        paths.setdefault(f"/{path}", {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DProtoNet Review",
            "version": VERSION,
            "description": "Images in, predictions, heatmaps and annotations out. Research use "
            "only, not for diagnosis.",
        },
        "servers": [{"url": PROGRAMS.rstrip("/")}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(SCHEMAS),
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    refusals = dict(_REFUSALS)
    if endpoint.takes:
        refusals |= _OF_CHANGES if endpoint.takes in SCHEMAS else _OF_FILES
    answers = {
        str(status): {"description": text, "content": _content(endpoint.answers)}
        for status, text in endpoint.statuses.items()
    } | {
        str(status): {"description": text, "content": _content("Error")}
        for status, text in refusals.items()
    }
    operation: dict[str, Any] = {
        "summary": endpoint.does,
        "description": f"Takes the permission: {endpoint.permission}.",
        "operationId": _name(endpoint),
        "parameters": [*_path_parameters(endpoint.path), *_query_parameters(endpoint.query)],
        "responses": answers,
    }
    if endpoint.takes:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.takes)}
    return operation


def _content(kind: str) -> dict[str, Any]:
    if kind in SCHEMAS:
        return {"application/json": {"schema": ref(kind)}}
    return {kind: {"schema": {}}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": dict(WHOLE if whole else TEXT)}
        for name, whole in _PART.findall(path)
    ]


def _query_parameters(query: Mapping[str, Schema]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": dict(schema)} for name, schema in query.items()]


def _name(endpoint: Endpoint) -> str:
    """get_cases_prediction for GET cases/{case}/frames/{frame:int}/prediction."""
    words = [part for part in endpoint.path.split("/") if not part.startswith("{")]
    one = "" if not endpoint.path.endswith("}") else "_one"
    return "_".join([endpoint.method.lower(), *words]) + one
