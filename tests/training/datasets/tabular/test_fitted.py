import importlib.util

import numpy as np
import pytest

from dprotonet.attributes.encodings.pixels import PixelPlaces
from dprotonet.attributes.encodings.registry import DRAWN
from dprotonet.errors import ReadableError
from tests.tools import assert_passes_with
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


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_needs_nothing_fitted(name):
    assert fitted(f"encoding={name}", "image_size=96") == DRAWN[name](6, 96)


def test_the_places_of_refined_need_no_other_library():
    encoding = fitted("encoding=refined")
    assert isinstance(encoding, PixelPlaces)
    assert (encoding.name, encoding.rows, encoding.columns) == ("refined", 3, 3)
    assert len(set(encoding.places)) == 6


def test_an_option_that_the_table_cannot_have_is_refused():
    with pytest.raises(ReadableError, match="grid must be a divisor"):
        fitted("cpcr_grid=7")


@pytest.mark.skipif(has_tintolib, reason="TINTOlib is installed")
def test_without_tintolib_the_error_says_how_to_install_it():
    with pytest.raises(ReadableError, match="pip install --no-deps TINTOlib"):
        fitted("encoding=tinto")


if not has_tintolib:

    def test_tintolib_is_tried_in_an_environment_of_its_own():
        assert_passes_with("encodings", __file__, "by_tintolib")


@pytest.mark.skipif(not has_tintolib, reason="in the environment of the test above")
@pytest.mark.parametrize("name", ["tinto", "igtd", "deepinsight", "fotomics"])
def test_what_is_found_by_tintolib_is_kept_as_places(name):
    encoding = fitted(f"encoding={name}")
    assert isinstance(encoding, PixelPlaces)
    assert encoding.name == name
    assert len(encoding.places) == 6
    assert fitted(f"encoding={name}") == encoding


@pytest.mark.skipif(not has_tintolib, reason="in the environment of the test above")
@pytest.mark.parametrize("name", ["deepinsight", "fotomics"])
def test_too_few_attributes_for_places_by_tintolib_are_an_error_that_says_so(name):
    recipe = load_recipe("tabular", [f"encoding={name}"])
    two = UNITS[:, :2]
    with pytest.raises(ReadableError, match="attributes"):
        fit_encoding(recipe, two, LABELS, (two, LABELS))
