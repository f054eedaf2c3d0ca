import numpy as np
import pytest

from training.evaluation.groups import age_group
from training.evaluation.report import paired_difference, report
from training.evaluation.scored_predictions import ScoredPredictions


def scored(chances, labels, sexes=None, ages=None):
    chances, n = np.asarray(chances), len(labels)
    return ScoredPredictions(
        ("no", "yes"),
        "no",
        np.stack([1 - chances, chances], axis=1),
        np.asarray(labels),
        np.arange(n),
        np.full(n, ""),
        0.5,
        sexes=sexes,
        ages=ages,
    )


def test_ages_fall_into_their_groups_at_the_ends():
    ages = (0, 17, 18, 39, 40, 59, 60, 79, 80, 101, float("nan"))
    assert [age_group(a) for a in ages] == (
        ["0-17"] * 2 + ["18-39"] * 2 + ["40-59"] * 2 + ["60-79"] * 2 + ["80+"] * 2 + [""]
    )


def test_groups_too_small_or_of_one_class_are_left_out_by_name():
    labels = np.array([0, 1] * 10 + [1] * 12 + [0, 1])
    sexes = np.array(["F"] * 20 + ["M"] * 14)
    ages = np.array([50.0] * 20 + [20.0] * 12 + [90.0] * 2)
    result = report(scored(labels * 0.8, labels, sexes, ages), resamples=5)
    assert set(result["by_sex"]) == {"F", "M"}
    assert set(result["by_age"]) == {"40-59"}
    assert result["groups_left_out"] == {
        "by_age: 18-39": "12 images, all of one class",
        "by_age: 80+": "2 image(s), fewer than 10",
    }


def test_a_group_s_figures_are_those_of_its_images_alone():
    labels = np.array([0, 1] * 20)
    sexes = np.array(["F"] * 20 + ["M"] * 20)
    chances = np.where(sexes == "F", labels, 1 - labels) * 0.8
    result = report(scored(chances, labels, sexes), resamples=5)["by_sex"]
    assert (result["F"]["auroc"]["value"], result["M"]["auroc"]["value"]) == (1.0, 0.0)


@pytest.mark.parametrize("figure", ["auroc", "auprc", "accuracy"])
def test_a_model_differs_from_itself_by_nothing_and_from_a_worse_one_by_more(figure):
    labels = np.array([0, 1] * 20)
    good, bad = scored(labels * 0.8, labels), scored((1 - labels) * 0.8, labels)
    same = paired_difference(good, good, resamples=20, figure=figure)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert paired_difference(good, bad, resamples=20, figure=figure)["low"] > 0.3


def test_an_unknown_figure_or_other_images_are_refused():
    labels = np.array([0, 1] * 5)
    one = scored(labels * 0.8, labels)
    with pytest.raises(ValueError, match="figure is one of"):
        paired_difference(one, one, resamples=5, figure="f1")
    with pytest.raises(ValueError, match="same images"):
        paired_difference(one, scored(labels * 0.8, 1 - labels), resamples=5)
