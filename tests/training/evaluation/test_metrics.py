import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from training.evaluation import metrics


def weighted(seed):
    """Scores with ties and truth of 20 images, both kinds among them, weights ``(1, 20)``, and
    how often each image stands in the set that they mean."""
    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(0, 5, 20) / 5.0, rng.random(20) < 0.5
    positive[:2] = (True, False)
    weights = rng.integers(0, 4, (1, 20)).astype(float)
    weights[0, :2] = 1.0
    return scores, positive, weights, weights[0].astype(int)


@given(st.integers(0, 10_000))
def test_the_weighted_auroc_equals_that_of_a_set_with_images_repeated(seed):
    scores, positive, weights, times = weighted(seed)
    expected = roc_auc_score(np.repeat(positive, times), np.repeat(scores, times))
    assert metrics.binary_auroc(scores, positive, weights)[0] == pytest.approx(expected)


def test_the_macro_auroc_equals_scikit_learns():
    rng = np.random.default_rng(3)
    chances = rng.dirichlet((1, 1, 1), 60)
    labels = rng.integers(0, 3, 60)
    expected = roc_auc_score(labels, chances, multi_class="ovr", average="macro")
    assert metrics.auroc(chances, labels) == pytest.approx(expected)


def test_a_resample_draws_patients_whole_and_as_many_as_there_are():
    patients = np.array(["a", "a", "b", "c", "c", "c"])
    draws = metrics.patient_draws(patients, 50)
    assert (draws[:, 0] == draws[:, 1]).all()
    assert (draws[:, 3] == draws[:, 5]).all()
    assert (draws[:, 0] + draws[:, 2] + draws[:, 3] == 3).all()


def test_the_interval_is_wider_when_images_of_one_patient_say_the_same():
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.random(30), 6)
    positive = np.repeat(rng.random(30) < 0.5, 6)

    def width(patients):
        draws = metrics.patient_draws(patients, 400)
        result = metrics.interval(lambda w: metrics.binary_auroc(scores, positive, w), draws)
        assert result.low < result.value < result.high
        return result.high - result.low

    assert width(np.repeat(np.arange(30), 6)) > 1.5 * width(np.arange(180))


def test_one_class_alone_has_no_auroc():
    draws = metrics.patient_draws(np.arange(4), 10)
    ones = np.ones(4, dtype=bool)
    result = metrics.interval(lambda w: metrics.binary_auroc(np.arange(4.0), ones, w), draws)
    assert result.to_json() == {"value": None, "low": None, "high": None}


def test_calibration_error_and_brier_of_known_cases():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert metrics.calibration_error(sure, np.array([0, 1])) == pytest.approx(0.0)
    assert metrics.calibration_error(sure, np.array([1, 0])) == pytest.approx(1.0)
    assert metrics.brier(np.array([[0.7, 0.3]]), np.array([0])) == pytest.approx(0.09)


@given(st.integers(0, 10_000))
def test_the_weighted_auprc_equals_that_of_a_set_with_images_repeated(seed):
    scores, positive, weights, times = weighted(seed)
    expected = average_precision_score(np.repeat(positive, times), np.repeat(scores, times))
    assert metrics.binary_auprc(scores, positive, weights)[0] == pytest.approx(expected)


@given(st.integers(0, 10_000))
def test_weighted_calibration_and_brier_equal_those_of_a_set_with_images_repeated(seed):
    rng = np.random.default_rng(seed)
    chances, labels = rng.dirichlet((1, 1, 1), 20), rng.integers(0, 3, 20)
    weights = rng.integers(1, 4, (1, 20)).astype(float)
    times = weights[0].astype(int)
    again = np.repeat(chances, times, axis=0), np.repeat(labels, times)
    error = metrics.weighted_calibration_error(chances, labels, weights)[0]
    assert error == pytest.approx(metrics.calibration_error(*again), abs=1e-6)
    by_image = metrics.brier_by_image(chances, labels)
    assert metrics.weighted_mean(by_image, weights)[0] == pytest.approx(metrics.brier(*again))


def test_images_without_a_value_are_left_out_of_a_mean():
    values, patients = np.array([1.0, np.nan, 3.0]), np.arange(3)
    assert metrics.mean_interval(values, patients, 20).value == 2.0
    assert metrics.mean_interval(np.full(3, np.nan), patients, 20).value is None


def test_every_column_of_rows_has_its_mean_and_none_has_an_empty_one():
    rows = [{"a": 1.0, "b": float("nan")}, {"a": 3.0, "b": 5.0}, {"a": 2.0, "b": 7.0}]
    result = metrics.mean_intervals(rows, ["p", "p", "q"], 20)
    assert (result["a"]["value"], result["b"]["value"]) == (2.0, 6.0)
    assert (
        result["a"]
        == metrics.mean_interval(np.array([1.0, 3.0, 2.0]), np.array(["p", "p", "q"]), 20).to_json()
    )
    assert metrics.mean_intervals([], [], 20) == {}
    assert metrics.mean_intervals([], [], 20, ["a"]) == {
        "a": {"value": None, "low": None, "high": None}
    }


def test_a_ratio_is_of_the_means_and_its_interval_is_by_patient():
    values, areas = np.array([0.4, 0.0, 0.2]), np.array([0.1, 0.1, 0.2])
    result = metrics.ratio_interval(values, areas, np.array(["a", "a", "b"]), 200)
    assert result.value == pytest.approx(0.6 / 0.4)
    # Resamples hold a alone (0.4 / 0.2), b alone (0.2 / 0.2), or both.
    assert (result.low, result.high) == pytest.approx((1.0, 2.0))
    empty = metrics.ratio_interval(np.array([]), np.array([]), np.array([]), 5)
    assert (empty.value, empty.low, empty.high) == (None, None, None)
