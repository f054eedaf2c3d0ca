"""Which models there are."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from app.server.routes.v1.endpoints import Endpoint, Sent
from app.services import models
from app.services.workplace import Workplace


def _models(workplace: Workplace, request: Request, sent: Sent) -> Any:
    active = models.active(workplace)
    return {
        "items": [
            {
                "sha256": info.digest,
                "name": info.name,
                "title": info.title,
                "classes": list(info.classes),
                "negative_class": info.negative_class,
                "prototypes": list(info.prototypes),
                "is_active": active is not None and info.digest == active.digest,
                "problem": info.problem,
            }
            for info in models.all(workplace)
        ]
    }


ENDPOINTS = (Endpoint("GET", "models", "Lists the models.", "see models", "Models", _models),)
