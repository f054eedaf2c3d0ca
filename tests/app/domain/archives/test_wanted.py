"""What a batch's row keeps of studies and instances, and how it is told from folders and files."""

from __future__ import annotations

import pytest

from app.domain.archives.found import InstanceAddress
from app.domain.archives.wanted import Wanted, instance_of, item_path, title

WHERE = InstanceAddress("1.2", "3.4", "5.6")


def test_studies_come_out_of_the_row_as_they_went_in_each_once_and_sorted() -> None:
    wanted = Wanted("main", ("1.3", "1.2", "1.3"), 2)
    assert Wanted.from_text(wanted.to_text()) == Wanted("main", ("1.2", "1.3"), 2)
    assert Wanted("main", ("1.2", "1.3"), 2).to_text() == wanted.to_text()


def test_an_instance_comes_out_of_its_row() -> None:
    assert instance_of(item_path(WHERE)) == WHERE


@pytest.mark.parametrize("path", ["/data/films", "C:\\films", "", "dicomweb"])
def test_a_folder_is_no_archive(path: str) -> None:
    assert Wanted.from_text(path) is None


@pytest.mark.parametrize("path", ["a.dcm", "1.2/3.4/5.6", "dicomweb/a/b/c", "dicomweb/1/2", ""])
def test_a_file_is_no_instance(path: str) -> None:
    assert instance_of(path) is None


def test_a_title_counts_each_study_once() -> None:
    assert title("main", ["1", "1"]) == "1 study from main"
    assert title("main", ["1", "2"]) == "2 studies from main"
