from pathlib import Path

import pytest

from dprotonet.cli.arguments import (
    ExplainRequest,
    HelpRequest,
    PredictRequest,
    parse,
)
from dprotonet.errors import WrongRequest
from dprotonet.names import DEFAULT_TIER, METHODS, TIERS


def test_predict_takes_paths_before_and_after_its_options():
    request = parse(["predict", "a.dcm", "--model", "m", "b", "--format", "csv"])

    assert request == PredictRequest((Path("a.dcm"), Path("b")), Path("m"), "cpu", "csv")


def test_predict_writes_json_unless_told_otherwise():
    request = parse(["predict", "a", "--model", "m"])

    assert isinstance(request, PredictRequest) and request.format == "json"


def test_after_two_dashes_an_image_may_begin_with_one():
    request = parse(["predict", "--model", "m", "--", "-image.png", "--help"])

    assert isinstance(request, PredictRequest)
    assert request.paths == (Path("-image.png"), Path("--help"))


def test_explain_takes_the_predicted_class_unless_told_otherwise():
    request = parse(["explain", "a", "--model", "m", "--out", "d"])

    assert isinstance(request, ExplainRequest) and request.nodes == ("class",)


def test_a_node_asked_for_twice_is_explained_once():
    nodes = ["--node", "vector:p01", "--node", "class", "--node", "vector:p01"]
    request = parse(["explain", "a", "--model", "m", "--out", "d", *nodes])

    assert isinstance(request, ExplainRequest) and request.nodes == ("vector:p01", "class")


def test_explain_takes_the_decoder_in_its_standard_tier_unless_told_otherwise():
    words = ["explain", "a", "--model", "m", "--out", "d"]
    usual = parse(words)
    other = parse([*words, "--method", "gradcam", "--tier", "draft"])

    assert isinstance(usual, ExplainRequest) and isinstance(other, ExplainRequest)
    assert (usual.method, usual.tier) == ("mdm", "standard")
    assert (other.method, other.tier) == ("gradcam", "draft")


def test_the_methods_on_offer_are_those_of_the_registry():
    from dprotonet.explain.baselines.registry import METHODS as REGISTRY

    assert tuple(REGISTRY) == tuple(METHODS)


def test_help_names_every_method():
    request = parse(["explain", "--help"])

    assert isinstance(request, HelpRequest)
    text = " ".join(request.text.split()).replace("- ", "-")  # argparse breaks lines at dashes
    assert [name for name in METHODS if name not in text] == []


def test_the_tiers_on_offer_are_those_that_the_decoder_has():
    from dprotonet.explain import settings

    assert set(TIERS) == set(settings.TIERS)
    assert settings.TIERS[DEFAULT_TIER] == settings.MDMSettings()


@pytest.mark.parametrize("argv", (["--help"], ["predict", "--help"], ["explain", "a", "-h"]))
def test_help_is_given_whatever_else_is_missing(argv):
    request = parse(argv)

    assert isinstance(request, HelpRequest) and "--model BUNDLE" in request.text


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        ([], "predict, explain, export or import"),
        (["serve"], "serve"),
        (["predict", "--model", "m"], "at least one image"),
        (["predict", "a"], "--model"),
        (["predict", "a", "--model", "m", "--format", "xml"], "xml"),
        (["predict", "a", "--model", "m", "--form", "csv"], "--form"),
        (["predict", "a", "--model", ""], "empty"),
        (["predict", "", "--model", "m"], "empty"),
        (["predict", "--model", "m", "--", ""], "empty"),
        (["explain", "a", "--model", "m"], "--out"),
        (["explain", "a", "--model", "m", "--out", "d", "--seed", "x"], "--seed"),
        (["explain", "a", "--model", "m", "--out", "d", "--method", "lime"], "lime"),
        (["explain", "a", "--model", "m", "--out", "d", "--tier", "slow"], "slow"),
        (["predict", "a", "--model", "m", "--node", "class"], "--node"),
        (["predict", "a", "--model", "m", "--method", "gradcam"], "--method"),
    ],
)
def test_what_cannot_be_asked_is_named_in_one_line(argv, named):
    with pytest.raises(WrongRequest) as caught:
        parse(argv)

    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
