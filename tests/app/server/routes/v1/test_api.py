"""A program's whole way: an image in, its prediction, a heatmap, a signature."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from app.domain.actors import Actor
from app.server.programs_door import Rates
from app.server.routes.v1.api import ENDPOINTS
from app.services.accounts import api_tokens
from app.services.inference import queue
from app.services.studies import blinding
from app.services.workplace import Workplace
from tests.app.server.routes.v1.asking import Asked, asking, conforms, server
from tests.app.services.workplaces import FakePool, png


def test_an_image_goes_in_and_is_predicted_explained_and_signed(
    workplace: Workplace, program: Asked
) -> None:
    status, added = program("cases", body=png(level=200), query="name=bright.png")
    assert status == 201
    conforms(added, "Added")
    assert program("cases", body=png(level=200), query="name=other.png") == (
        200,
        {"outcome": "duplicate", "case": added["case"], "rows": []},
    )
    place = f"cases/{added['case']}/frames/0"
    assert program(f"{place}/prediction")[1]["state"] == "waiting"
    queue.run_pending(workplace, FakePool())

    status, said = program(f"{place}/prediction")
    assert (status, said["state"], said["label"]) == (200, "done", "finding")
    assert said["notice"] == "Research use only, not for diagnosis"
    assert abs(sum(said["probabilities"].values()) - 1) < 1e-6
    conforms(said, "Prediction")

    status, asked = program(f"{place}/explanations", {"node": "class"})
    assert status == 200 and asked["job"]["state"] == "waiting"
    conforms(asked, "ExplanationAsked")
    queue.run_pending(workplace, FakePool())
    status, job = program(f"jobs/{asked['job']['id']}")
    assert job["state"] == "done"
    conforms(job, "Job")
    status, listed = program(f"{place}/explanations")
    conforms(listed, "Explanations")
    (one,) = [entry for entry in listed["items"] if entry["id"] == job["explanation"]]
    status, picture = program(one["heatmap"].removeprefix("/api/v1/"))
    values = np.asarray(Image.open(io.BytesIO(picture)))
    assert values.dtype == np.uint8 and values.ndim == 2 and values.max() > 0
    assert program(f"{place}/explanations", {"node": "class"})[1]["explanation"]["id"] == one["id"]

    status, signed = program(
        f"{place}/annotations", {"verdict": "accept", "confidence": 4, "expected_revision": 0}
    )
    assert status == 200 and signed["reader"] == "root"
    conforms(signed, "Annotation")
    assert program(f"{place}/annotations")[1]["items"] == [signed]
    assert program("annotations")[1]["items"] == [signed]
    again = {"verdict": "accept", "confidence": 4, "expected_revision": 0}
    assert program(f"{place}/annotations", again)[0] == 409


def test_nothing_is_answered_without_a_token_or_by_a_cookie(
    workplace: Workplace, case: str
) -> None:
    app = server(workplace)
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic cm9vdA=="}):
        for endpoint in (*ENDPOINTS, None):
            path = endpoint.path.replace("{frame:int}", "0") if endpoint else "else"
            status, answer = asking(app, "")(path, **headers)
            assert status == 401 and set(answer) == {"error"}, path


def test_another_sites_page_cannot_ask_even_with_a_token(
    workplace: Workplace, program: Asked
) -> None:
    assert program("models", origin="https://elsewhere.example")[0] == 403
    assert program("cases", body=b"x", origin="https://elsewhere.example")[0] == 403
    assert program("models")[0] == 200


def test_what_is_not_there_is_said_so(program: Asked) -> None:
    for path in ("", "else", "cases/0/frames/0/else"):
        status, answer = program(path)
        assert status == 404 and "openapi.json" in answer["error"]
    assert program("cases/0000000000000000")[0] == 404
    assert program("cases/0000000000000000/frames/99999999999/prediction")[0] == 404


def test_a_person_who_reads_first_gets_nothing_of_the_answer(
    workplace: Workplace, program: Asked, case: str
) -> None:
    blinding.set_reads_first(workplace.of(Actor("root")), True)
    place = f"cases/{case}/frames/0"
    for path in ("prediction", "explanations", "annotations"):
        status, answer = program(f"{place}/{path}")
        assert status == 403 and "read" in answer["error"], path
    (row,) = program("cases")[1]["items"]
    assert row["is_hidden"] and row["label"] is None and row["probability"] is None


def test_a_token_that_asks_too_often_waits(workplace: Workplace) -> None:
    now = [0.0]
    rates = Rates(60, burst=2, clock=lambda: now[0])
    ask = asking(server(workplace, rates=rates), api_tokens.make(workplace, "one"))
    other = api_tokens.make(workplace, "other")
    assert [ask("models")[0] for _ in range(3)] == [200, 200, 429]
    assert asking(server(workplace, rates=rates), other)("models")[0] == 200
    now[0] += 1.0
    assert [ask("models")[0] for _ in range(2)] == [200, 429]
