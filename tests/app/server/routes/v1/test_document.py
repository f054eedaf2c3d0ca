"""The description says what the routes do: complete, valid JSON Schema, nothing unused."""

from __future__ import annotations

import json
import re

import jsonschema

from app.server.routes.v1.api import ENDPOINTS, program_routes
from app.server.routes.v1.document import document
from app.server.routes.v1.schemas import SCHEMAS
from tests.app.server.routes.v1.asking import Asked, conforms

REFERENCE = re.compile(r'"\$ref": "#/components/schemas/(\w+)"')


def test_every_route_is_described_once_with_a_name_of_its_own() -> None:
    described = document(ENDPOINTS)
    operations = [
        (method, path) for path, methods in described["paths"].items() for method in methods
    ]
    assert len(operations) == len(ENDPOINTS) == len(program_routes(lambda: None)) - 1  # type: ignore[arg-type,return-value]
    names = [one["operationId"] for paths in described["paths"].values() for one in paths.values()]
    assert len(set(names)) == len(names)
    for path, methods in described["paths"].items():
        for one in methods.values():
            named = {given["name"] for given in one["parameters"] if given["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path
            assert {"401", "403", "429"} <= set(one["responses"])


def test_every_schema_is_valid_and_used() -> None:
    text = json.dumps(document(ENDPOINTS))
    assert set(REFERENCE.findall(text)) == set(SCHEMAS)
    for name, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object", name


def test_the_lists_are_as_they_are_described(program: Asked, case: str) -> None:
    assert program("openapi.json")[1] == json.loads(json.dumps(document(ENDPOINTS)))
    conforms(program("models")[1], "Models")
    conforms(program("cases")[1], "CasePage")
    conforms(program(f"cases/{case}")[1], "Case")
    conforms(program(f"cases/{case}/frames/0/annotations")[1], "Annotations")
    conforms(program("annotations")[1], "AnnotationPage")
    conforms(program("else")[1], "Error")
