"""The arguments of the commands of archives."""

from __future__ import annotations

from datetime import date

import pytest

from app.cli.archives.requests import FetchStudies, ListArchives, SearchArchive
from app.cli.arguments import parse
from app.domain.archives.found import Filters


def test_each_command_gives_its_request() -> None:
    assert parse(["archives", "list"]) == ListArchives()
    assert parse(["archives", "fetch", "main", "1.2", "1.3"]) == FetchStudies(
        "main", ("1.2", "1.3"), 0
    )
    words = ["--patient-id", "P", "--accession", "A", "--from", "2024-01-02", "--to", "2024-02-03"]
    words += ["--modality", "dx", "--limit", "5", "--offset", "10"]
    filters = Filters("P", "A", date(2024, 1, 2), date(2024, 2, 3), "DX")
    assert parse(["archives", "search", "main", *words]) == SearchArchive("main", filters, 5, 10)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fetch", "main"],
        ["search", "main", "--from", "yesterday"],
        ["search", "main", "--from", "2024-02-03", "--to", "2024-01-02"],
        ["search", "main", "--modality", "a b"],
    ],
)
def test_wrong_ones_end_with_status_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["archives", *words])
    assert ended.value.code == 2
