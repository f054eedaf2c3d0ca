"""Files that programs send: named, bounded, and each refused with a sentence."""

from __future__ import annotations

from dataclasses import replace

from app.services import models
from app.services.accounts import api_tokens
from app.services.adapters.bundle_registry import Registry
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.server.routes.v1.asking import Asked, asking, conforms, server
from tests.app.services.workplaces import png
from tests.dprotonet.row_bundle import CSV, make_row_bundle


def test_a_file_needs_a_name_and_must_be_an_image(program: Asked) -> None:
    assert program("cases", body=png(1))[0] == 422
    status, answer = program("cases", body=b"a letter", query="name=a.txt")
    assert status == 422 and answer["error"].endswith(".")
    assert program("cases")[1]["total"] == 0


def test_a_file_that_is_too_large_is_not_kept(workplace: Workplace) -> None:
    small = replace(workplace, settings=replace(workplace.settings, file_bytes=1000))
    program = asking(server(small), api_tokens.make(workplace, "a program"))
    status, answer = program("cases", body=b"0" * 1001, query="name=a.png")
    assert status == 413 and "DPROTONET_FILE_MB" in answer["error"]
    announced = {"content-length": "1001"}
    assert program("cases", body=b"0", query="name=a.png", **announced)[0] == 413
    assert list(workplace.settings.spool.iterdir()) == []


def test_the_list_is_narrowed_ordered_and_paged(program: Asked) -> None:
    for number in range(3):
        program("cases", body=png(number), query=f"name=film-{number}.png")
    assert program("cases", query="size=2&order=name")[1]["total"] == 3
    page = program("cases", query="size=2&page=1&order=name")[1]
    assert [row["name"] for row in page["items"]] == ["film-2.png"]
    assert program("cases", query="find=film-1")[1]["total"] == 1
    for wrong in ("size=0", "size=201", "page=-1", "page=x", "order=random", "status=odd"):
        status, answer = program("cases", query=wrong)
        assert status == 422 and "Give another one" in answer["error"], wrong


def test_asking_what_an_image_is_makes_no_work_for_the_worker(
    program: Asked, workplace: Workplace
) -> None:
    without = replace(workplace, models=Registry(()))
    case = str(intake.add(without, png(1), name="film.png").case_id)
    status, answer = program(f"cases/{case}")
    assert status == 200 and answer["name"] == "film.png" and answer["model"] is None
    with workplace.store.read() as tx:
        assert tx.jobs.of_case(case, frame=0) == ()
    assert program("cases/of-nobody")[0] == 404


def test_each_row_of_a_table_that_is_sent_is_a_case_and_twice_the_same_one(
    program: Asked, workplace: Workplace
) -> None:
    status, answer = program("cases", body=CSV.encode(), query="name=t.csv")
    assert status == 422 and "reads images, and this is a table. Upload images" in answer["error"]
    make_row_bundle(workplace.settings.own_models / "tiny-rows")
    models.activate(workplace, "tiny-rows")
    status, answer = program("cases", body=png(1), query="name=a.png")
    assert status == 422 and "reads rows of a table, and this is an image" in answer["error"]

    bad = CSV.replace("0.12", "Secret^Cell").encode()
    status, answer = program("cases", body=bad, query="name=t.csv")
    conforms(answer, "Added")
    assert (status, answer["outcome"], answer["case"]) == (201, "table", None)
    assert [row["outcome"] for row in answer["rows"]] == ["added", "error", "added"]
    assert answer["rows"][1]["message"].startswith("Line 3, column “smoothness”")
    assert "Secret" not in str(answer)
    first, _, third = (row["case"] for row in answer["rows"])
    assert program(f"cases/{first}")[1]["format"] == "row"
    assert program(f"cases/{first}/frames/0/prediction")[1]["state"] == "waiting"

    status, again = program("cases", body=bad, query="name=again.csv")
    assert status == 200 and [row["case"] for row in again["rows"]] == [first, None, third]
    nothing = "\n".join(bad.decode().splitlines()[i] for i in (0, 2)).encode()
    status, answer = program("cases", body=nothing, query="name=t.csv")
    assert status == 422 and answer["error"].startswith("No row of the table can be read. Line 2")
    assert program("cases")[1]["total"] == 2
