"""The list of cases."""

from app.domain.cases import CaseFilters
from app.services import review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.review.conftest import sign
from tests.app.services.workplaces import (
    FakePool,
    png,
)


def test_the_list_filters_sorts_and_pages(workplace: Workplace, pool: FakePool) -> None:
    ids = [
        str(intake.add(workplace, png(n, level=level), name=f"image-{n}.png").case_id)
        for n, level in enumerate((10, 200, 30, 240))
    ]
    queue.run_pending(workplace, pool)
    sign(workplace, ids[1], 0)
    late = intake.add(workplace, png(9), name="50%_late.png")

    def names(**filters: object) -> list[str]:
        page = review.list_cases(workplace, CaseFilters(**filters), size=10)  # type: ignore[arg-type]
        return [row.file_name for row in page.rows]

    assert names(order="oldest")[0] == "image-0.png"
    assert names(label="finding", order="name") == ["image-1.png", "image-3.png"]
    assert names(verdict="accept") == names(status="done") == ["image-1.png"]
    assert names(status="waiting") == names(text="50%_") == ["50%_late.png"]
    assert names(text=str(late.case_id)[:6]) == ["50%_late.png"]
    assert names(source="demo") == []
    pages = [review.list_cases(workplace, page=n, size=2) for n in range(3)]
    assert [len(page.rows) for page in pages] == [2, 2, 1]
    assert pages[0].total == 5 and pages[0].pages == 3
    assert len({row.case_id for page in pages for row in page.rows}) == 5
