"""The device of a command is checked before its model is loaded."""

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.model import check_device, load_predictor
from dprotonet.errors import WrongRequest


@pytest.mark.parametrize("device", ["cuda:99", "mps:7", "tpu", "", "meta"])
def test_a_device_that_is_not_there_is_refused_with_a_mend(device, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)

    with pytest.raises(WrongRequest, match="leave --device out"):
        check_device(device)


def test_the_first_graphics_card_is_the_one_without_a_number(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)

    check_device("cuda")
    check_device("cuda:0")


def test_the_model_of_the_bundle_is_loaded_on_the_device(bundle):
    predictor = load_predictor(Bundle.load(bundle, with_model=False), "cpu")

    assert predictor.bundle.path == bundle
    with pytest.raises(WrongRequest):
        load_predictor(Bundle.load(bundle, with_model=False), "tpu")
