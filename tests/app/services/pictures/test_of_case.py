"""What a model reads of a case."""

from app.services.pictures import of_case
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import png


def test_an_image_is_the_same_for_every_model(workplace: Workplace) -> None:
    taken = intake.add(workplace, png(1), name="a.png")
    with workplace.store.read() as tx:
        case = tx.cases.get(str(taken.case_id))
    first = of_case.read(workplace, case)
    assert first.shape == (case.facts.rows, case.facts.columns)
    assert (of_case.read(workplace, case, model="0" * 64).pixels == first.pixels).all()
