"""Both kinds of processor, whichever the tests run on."""

import pytest

from dprotonet.modeling.freezing import frozen


@pytest.fixture(params=["bfloat16", "float32"])
def processor(request, monkeypatch):
    """A processor that is taken for one with bfloat16 arithmetic, and for one without.

    A processor without it may be taken for one that has it: a network that it cannot run in
    bfloat16 is searched in float32, and what is asserted of the heatmaps must hold all the same.
    """
    has_bfloat16 = request.param == "bfloat16"
    monkeypatch.setattr(frozen, "_has_bfloat16", lambda _device: has_bfloat16)
    return request.param
