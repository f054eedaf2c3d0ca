"""Files that programs send: named, bounded, and each refused with a sentence."""

from __future__ import annotations

from dataclasses import replace

from app.services.accounts import api_tokens
from app.services.adapters.bundle_registry import Registry
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.server.routes.v1.asking import Asked, asking, server
from tests.app.services.workplaces import png


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
