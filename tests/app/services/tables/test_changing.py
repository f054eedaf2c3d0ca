"""What a reader tries on a row: a value hidden or written anew, and the prediction that moves."""

from pathlib import Path

import numpy as np
import pytest

from app.domain.bundles import BundleInfo
from app.domain.cases import Case
from app.domain.errors import Refused
from app.domain.interventions.changes import Change
from app.services.inference import queue
from app.services.interventions import answers, asking
from app.services.tables import changing
from app.services.uploading import intake, several
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png
from tests.dprotonet.row_bundle import CSV, row_images

VALUES = {"radius": 10.5, "texture": 14.0, "stage": "early", "smoothness": 0.1}


@pytest.fixture
def case(workplace: Workplace, pool: FakePool) -> Case:
    """The first row, read by the model."""
    results = several.add_many(workplace, [("t.csv", CSV.encode())])
    queue.run_pending(workplace, pool)
    with workplace.store.read() as tx:
        return tx.cases.get(str(results[0].case_id))


def _picture(**changed: float | str | None) -> np.ndarray:
    images = row_images()
    return images.image(images.table.row({**VALUES, **changed})).pixels


def test_a_hidden_value_is_read_as_a_missing_one_and_a_written_one_as_it_is(
    workplace: Workplace, info: BundleInfo, case: Case
) -> None:
    hidden = changing.pictures(workplace, case, info.digest, {"radius": None})
    assert np.array_equal(hidden.picture.pixels, _picture(radius=None))
    assert np.array_equal(_picture(radius=None), _picture(radius=13.0)), "the training rows' median"
    others = [_picture(texture=None), _picture(stage=None), _picture(smoothness=None)]
    found = [picture.pixels.tobytes() for picture in hidden.others]
    assert sorted(found) == sorted(other.tobytes() for other in others)
    written = changing.pictures(workplace, case, info.digest, {"texture": "30,5", "stage": "late"})
    assert np.array_equal(written.picture.pixels, _picture(texture=30.5, stage="late"))
    assert written.others == (), "a value that was written has no control"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"radius": "Secret"}, "“radius” holds text where a number is asked"),
        ({"stage": "Secret"}, "“stage” has a category that the model does not know"),
        ({"Secret": "1"}, "does not read one of these attributes"),
    ],
)
def test_what_a_row_cannot_have_is_said_at_once_and_never_repeated(
    workplace: Workplace, case: Case, values: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(Refused, match=expected) as refused:
        asking.request(workplace, case.case_id, frame=0, change=Change(values=values))
    assert "Secret" not in str(refused.value)


def test_an_image_has_no_values(workplace: Workplace, pool: FakePool, tmp_path: Path) -> None:
    images = workplace.models.find("nih-pneumonia")
    assert images is not None
    added = intake.add(workplace, png(1), name="a.png", model=images.digest)
    queue.run_pending(workplace, pool)
    with pytest.raises(Refused, match="An image has no values"):
        change = Change(values={"radius": None})
        asking.request(workplace, str(added.case_id), frame=0, change=change)


def test_the_prediction_moves_and_stands_beside_that_of_others_hidden(
    workplace: Workplace, pool: FakePool, case: Case
) -> None:
    change = Change(off=("p01",), values={"radius": None})
    one = asking.request(workplace, case.case_id, frame=0, change=change)
    assert one.state == "waiting"
    queue.run_pending(workplace, pool)
    told = answers.answer(workplace, asking.result(workplace, one.try_id))
    assert told["state"] == "done" and told["values"] == {"radius": None}
    assert told["sentence"].startswith("Malignant ") and "→" in told["sentence"]
    assert told["control"].startswith("1 other attribute hidden, drawn at random: 0.")
    assert told["control_detail"].endswith("over 3 draws of other attributes.")
    assert told["size"] == "Changed: radius hidden. What is hidden is read as missing."
    (kept,) = asking.tried(workplace, case.case_id, frame=0)
    assert kept["values"] == {"radius": None} and kept["off"] == ["p01"]
