import dataclasses

import numpy as np
import pytest

from dprotonet.editing.propose import propose_edit
from dprotonet.editing.uncertainty import auroc_change


def test_the_interval_of_a_change_holds_the_change_and_no_change_has_no_width(editable):
    edit = propose_edit(editable, off=["p00"], tolerance=9.0)
    change = auroc_change(editable, edit, resamples=60)
    assert change is not None and change.low <= change.value <= change.high
    assert change.value == pytest.approx(edit.after.auroc - edit.before.auroc)
    assert change.low < change.high
    same = auroc_change(editable, propose_edit(editable, off=()), resamples=20)
    assert same is not None and (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    assert auroc_change(editable, edit, resamples=60) == change


def test_a_patient_is_drawn_with_all_images(editable):
    # With one patient there is one draw only, so that nothing is uncertain.
    edit = propose_edit(editable, off=["p00"], tolerance=9.0)
    kept = editable.responses
    alone = dataclasses.replace(kept, groups=np.zeros_like(kept.groups))
    bundle = dataclasses.replace(editable)
    bundle.__dict__["responses"] = alone
    change = auroc_change(bundle, edit, resamples=20)
    assert change is not None and change.low == change.value == change.high
