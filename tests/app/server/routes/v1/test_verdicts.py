"""Signatures by programs: what is wrong with one is said, and nothing is signed then."""

from __future__ import annotations

import pytest

from tests.app.server.routes.v1.asking import Asked

GOOD = {"verdict": "reject", "confidence": 3, "expected_revision": 0, "corrected_label": "none"}


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "perhaps"},
        {"verdict": None},
        {"confidence": 6},
        {"confidence": True},
        {"confidence": "4"},
        {"expected_revision": -1},
        {"corrected_label": 7},
        {"text": ["a"]},
        {"reason": "good"},
        {"prototype_judgements": ["p00"]},
        {"prototype_judgements": {"p00": "useful"}},
        {"prototype_judgements": {"p00": {"usefulness": "fine"}}},
        {"prototype_judgements": {"p99": {"usefulness": "useful"}}},
        {"prototype_judgements": {"p00": {"usefulness": "artefact"}}},
    ],
)
def test_a_wrong_signature_is_refused(program: Asked, case: str, change: dict[str, object]) -> None:
    status, answer = program(f"cases/{case}/frames/0/annotations", GOOD | change)
    assert status == 422 and answer["error"].endswith("."), answer
    assert program("annotations")[1]["total"] == 0


def test_all_that_is_said_is_signed(program: Asked, case: str) -> None:
    said = GOOD | {
        "text": "Nothing there.",
        "reason": "wrong",
        "prototype_judgements": {"p00": {"usefulness": "artefact", "artefact": "device"}},
    }
    status, signed = program(f"cases/{case}/frames/0/annotations", said)
    assert status == 200
    assert (signed["corrected_label"], signed["reason"]) == ("none", "wrong")
    assert signed["prototype_judgements"]["p00"]["artefact"] == "device"


def test_what_is_no_object_is_not_understood(program: Asked, case: str) -> None:
    path = f"cases/{case}/frames/0/annotations"
    assert program(path, ["reject"])[0] == 400
    assert program(path, body=b"{")[0] == 400
    assert program(path, body=b" " * (65 << 10))[0] == 413
