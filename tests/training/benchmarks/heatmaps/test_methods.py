from dataclasses import replace

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.explain.baselines.published_mdm import PUBLISHED
from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.explanation import READER
from dprotonet.explain.settings import TIERS, MDMSettings
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.read_bundle import make_read_bundle
from training.benchmarks.heatmaps.methods import parse_method, parse_methods
from training.benchmarks.heatmaps.sample import open_sample

NAMES = tuple(METHODS)


def test_a_name_alone_is_the_method_under_the_standard_settings():
    result = parse_method("gradcam", NAMES)
    assert (result.name, result.method, result.settings) == ("gradcam", "gradcam", MDMSettings())


def test_all_methods_are_compared_where_none_is_named():
    assert [method.name for method in parse_methods(())] == list(METHODS)


def test_a_tier_is_taken_first_and_settings_on_top_of_it():
    result = parse_method("mdm:steps=12,tier=draft,batch=8", NAMES)
    assert result.settings == replace(TIERS["draft"], steps=12, batch=8)
    assert result.name == "mdm:steps=12,tier=draft,batch=8"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("mdm:areas=0.05+0.5", "areas", (0.05, 0.5)),
        ("mdm:sizes=4+9", "sizes", (4, 9)),
        ("mdm:sizes=9", "sizes", (9,)),
        ("mdm:class_scale=logit", "class_scale", "logit"),
        ("mdm:momentum=0.2", "momentum", 0.2),
        ("rise:fill_sigma=0.1", "fill_sigma", 0.1),
    ],
)
def test_a_value_is_read_by_the_type_of_its_field(text, key, value):
    result = getattr(parse_method(text, NAMES).settings, key)
    assert result == value and type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("saliency", "There is no method 'saliency'. Choose one of: mdm,"),
        ("gradcm", "Did you mean gradcam?"),
        ("mdm:tier=quick", "There is no tier 'quick'. Choose one of:"),
        ("mdm:stps=3", "mdm has no setting 'stps'. Did you mean steps?"),
        ("mdm:steps=many", "steps=many is not a whole number. Write it as in steps="),
        ("mdm:sizes=4+x", "sizes=x is not a whole number"),
        ("mdm:areas=0.1", "areas=0.1 gives 1 of its 2 values. Join them by a plus sign"),
        ("mdm:areas=0.5+0.1", "cannot be: areas are two fractions"),
        ("mdm:precision=half", "cannot be: precision is one of"),
        ("mdm:steps", "'steps' is no setting of mdm. Write KEY=VALUE"),
        ("gradcam:steps=3", "gradcam has no setting 'steps'"),
        ("gradcam:tier=draft", "gradcam has no tiers, only mdm has. Write gradcam alone."),
        ("mdm-published:steps=3", "mdm-published has no setting 'steps'"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text, sentence):
    with pytest.raises(ReadableError) as error:
        parse_method(text, NAMES)
    assert sentence in str(error.value)


def test_a_method_is_named_once():
    with pytest.raises(ReadableError, match="Name each method once"):
        parse_methods(("gradcam", "mdm", "gradcam"))


def test_the_plan_holds_the_settings_that_a_heatmap_was_computed_with():
    plain, published = parse_method("mdm", NAMES), parse_method("mdm-published", NAMES)
    assert plain.to_json()["settings_digest"] == MDMSettings().digest
    assert plain.to_json()["settings"]["sizes"] == MDMSettings().sizes
    assert published.to_json()["settings"]["sizes"] == PUBLISHED.sizes
    assert "momentum" not in published.to_json()["settings"]


def test_a_mask_reader_draws_nothing_and_a_search_does(folder, tmp_path):
    plain, read = Bundle.load(folder), make_read_bundle(tmp_path / "read", pictures=False)
    drawing = {
        name: [parse_method(name, NAMES).draws_at_random(bundle.model) for bundle in (plain, read)]
        for name in ("mdm:tier=instant", "mdm", "rise", "gradcam", "occlusion:fills=noise")
    }
    assert drawing == {
        "mdm:tier=instant": [True, False],
        "mdm": [True, True],
        "rise": [True, True],
        "gradcam": [False, False],
        "occlusion:fills=noise": [True, True],
    }


def test_the_tier_instant_is_the_bundle_s_mask_reader(samples, tmp_path):
    predictor = Predictor(make_read_bundle(tmp_path / "read", pictures=False), gate=False)
    opened = open_sample(predictor, samples[0], ("class",))
    method, nodes = parse_method("mdm:tier=instant", NAMES), [*opened.nodes.values()]
    (result,) = method.explain(predictor, opened.x, opened.valid_mask, nodes, seed=0)
    assert result.drawn_by == READER
    alone = method.heatmap(predictor, opened.x, opened.valid_mask, nodes[0], seed=0)
    assert (alone == result.heatmap).all()
