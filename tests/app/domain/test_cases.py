"""Names and pages of cases."""

import pytest

from app.domain.cases import CasePage, shown_name, shown_path


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("image.dcm", "image.dcm"),
        ("/data/Miller Anna/image.dcm", "image.dcm"),
        ("D:\\Miller\\image.dcm", "image.dcm"),
        ("a/b\\c.png", "c.png"),
        ("bad\x00\x1b[31mname", "bad[31mname"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("\n", "unnamed"),
        ("x" * 300, "x" * 200),
        ("Röntgen ü.png", "Röntgen ü.png"),
        ("r\udcf6ntgen.jpg", "r%F6ntgen.jpg"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_a_shown_name_has_no_folder_and_no_control_character(given: str, shown: str) -> None:
    assert shown_name(given) == shown


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (25, 1), (26, 2)])
def test_there_is_always_one_page(total: int, pages: int) -> None:
    assert CasePage((), total, 0, 25).pages == pages


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("p1/image.jpg", "p1/image.jpg"),
        ("p1\\image.jpg", "p1/image.jpg"),
        ("/./a//../image\n.jpg", "a/image.jpg"),
        ("r\udcf6/\udcff.png", "r%F6/%FF.png"),
        ("", "unnamed"),
    ],
)
def test_a_shown_path_keeps_its_folders_and_nothing_that_leads_out(given: str, shown: str) -> None:
    assert shown_path(given) == shown
