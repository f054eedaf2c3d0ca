"""Both kinds of processor, whichever the tests run on."""

import pytest

from dprotonet.modeling import frozen


@pytest.fixture(params=["bfloat16", "float32"])
def processor(request, monkeypatch):
    """A processor that is taken for one with bfloat16 arithmetic, and for one without.

    One that has none may still be told so: a network that it cannot run in bfloat16 is searched in
    float32, and what is said of the maps has to hold all the same.
    """
    told = request.param == "bfloat16"
    monkeypatch.setattr(frozen, "_has_bfloat16", lambda _device: told)
    return request.param
