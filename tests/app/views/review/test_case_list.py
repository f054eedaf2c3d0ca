from __future__ import annotations

from app.domain.cases import CaseFilters
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.services.room.pools import MultiLabelPool
from tests.app.services.workplaces import dicom, png
from tests.app.views.screen import Screen


def test_files_of_one_study_stand_together(screen: Screen) -> None:
    screen.upload(
        ("pa.dcm", dicom(1, study_uid="1.2.9")),
        ("lone.png", png(3)),
        ("ap.dcm", dicom(2, study_uid="1.2.9")),
    )
    assert "Study of 2 files" in screen.text
    names = [b.label.replace("\\", "") for b in screen.app.button if b.help == "Open the case"]
    assert abs(names.index("pa.dcm") - names.index("ap.dcm")) == 1


def test_filters_narrow_the_list_and_outlive_an_open_image(screen: Screen) -> None:
    screen.upload(("a.png", png(1)), ("b.png", png(2)))
    screen.write("Find", "b.p")
    assert not screen.buttons("a.png")
    screen.press("b.png")
    screen.leave()
    assert not screen.buttons("a.png")
    screen.write("Find", "nothing like it")
    assert "No case matches these filters" in screen.text


def test_an_image_is_found_by_any_of_the_findings_that_were_called(
    screen: Screen, workplace: Workplace
) -> None:
    screen.upload(("bright.png", png(level=200)))
    queue.run_pending(workplace, MultiLabelPool())
    with workplace.store.read() as tx:
        for label, count in (("finding", 1), ("none", 1), ("none + finding", 1), ("find", 0)):
            assert (
                tx.case_list.page(
                    CaseFilters(label=label), page=0, size=9, now=workplace.clock()
                ).total
                == count
            )
