"""Records as lines of JSON: what they say, and what they leave out."""

import json
import logging
import sys

from app.runtime.log import JsonLines


def line(**facts: object) -> dict[str, str]:
    record = logging.makeLogRecord({"name": "app.x", "levelname": "WARNING", **facts})
    return json.loads(JsonLines().format(record))


def test_a_record_is_one_object_with_its_time_in_utc() -> None:
    found = line(msg="%d of %d", args=(1, 2), created=0.5)
    assert found == {
        "time": "1970-01-01T00:00:00.500+00:00",
        "level": "warning",
        "logger": "app.x",
        "message": "1 of 2",
    }


def test_a_record_of_a_request_says_which() -> None:
    assert line(msg="x", request="abc")["request"] == "abc"
    assert "request" not in line(msg="x", request="")


def test_an_error_says_its_kind_and_place_but_not_its_text() -> None:
    try:
        raise OSError("cannot read DOE^JANE.dcm")
    except OSError:
        record = {"msg": "not read", "exc_info": sys.exc_info()}
    found = line(**record)
    assert found["error"].startswith(f"OSError in {__name__}, line ")
    assert "DOE" not in json.dumps(found)
