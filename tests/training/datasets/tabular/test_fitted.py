import importlib.util
import subprocess

import numpy as np
import pytest

from dprotonet.attributes.encodings.pixels import PixelPlaces
from dprotonet.errors import ReadableError
from tests.paths import ROOT
from tests.tools import tool
from training.datasets.tabular.fitted import correlation_order, fit_encoding
from training.recipe import load_recipe

CHANCE = np.random.default_rng(0)
UNITS = CHANCE.random((50, 6))
UNITS[:, 5] = 1 - UNITS[:, 1]
LABELS = np.arange(50) % 2
VALIDATION = (UNITS[:10], LABELS[:10])
has_tintolib = importlib.util.find_spec("TINTOlib") is not None


def fitted(*settings):
    return fit_encoding(load_recipe("tabular", settings), UNITS, LABELS, VALIDATION)


def test_attributes_that_go_together_are_a_pair():
    order = correlation_order(UNITS)
    assert order[:2] == (1, 5)
    assert sorted(order) == list(range(6))
    assert correlation_order(UNITS[:, :1]) == (0,)


@pytest.mark.parametrize("order", ["given", "correlation", "climbed"])
def test_cpcr_takes_its_options_from_the_recipe(order):
    encoding = fitted(f"cpcr_order={order}", "cpcr_grid=8", "cpcr_context=1", "cpcr_code=grey")
    assert (encoding.grid, encoding.context, encoding.code) == (8, 1, "grey")
    assert sorted(encoding.order) == list(range(6))
    if order == "given":
        assert encoding.order == (0, 1, 2, 3, 4, 5)


def test_supertml_needs_nothing_fitted():
    assert fitted("encoding=supertml", "image_size=64").attributes == 6


def test_an_option_that_the_table_cannot_have_is_refused():
    with pytest.raises(ReadableError, match="grid must be a divisor"):
        fitted("cpcr_grid=7")


@pytest.mark.skipif(has_tintolib, reason="TINTOlib is installed")
def test_without_tintolib_the_error_says_how_to_install_it():
    with pytest.raises(ReadableError, match="pip install --no-deps TINTOlib"):
        fitted("encoding=tinto")


if not has_tintolib:

    def test_tintolib_is_tried_in_an_environment_of_its_own():
        program = tool("encodings", "python")
        command = [program, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
        done = subprocess.run(
            [*command, "-k", "kept_as_places"], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "skipped" not in done.stdout


@pytest.mark.skipif(not has_tintolib, reason="in the environment of the test above")
@pytest.mark.parametrize("name", ["tinto", "igtd", "deepinsight"])
def test_what_tintolib_found_is_kept_as_places(name):
    encoding = fitted(f"encoding={name}")
    assert isinstance(encoding, PixelPlaces)
    assert encoding.name == name
    assert len(encoding.places) == 6
    assert fitted(f"encoding={name}") == encoding
