import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.modeling.support_distance import SHRINKAGE, SupportDistance, fit_distance


def cloud(rows: int, size: int, seed: int = 0) -> torch.Tensor:
    """Features that vary along some directions more than along others."""
    chance = torch.Generator().manual_seed(seed)
    mixing = torch.randn(size, size, generator=chance, dtype=torch.float64)
    return torch.randn(rows, size, generator=chance, dtype=torch.float64) @ mixing + 3.0


def test_it_is_the_mahalanobis_distance_of_the_shrunk_covariance():
    features = cloud(60, 5)
    distance = fit_distance(features)

    z = (features - features.mean(0)) / features.std(0)
    covariance = z.T @ z / (len(z) - 1)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * covariance.trace() / 5 * torch.eye(5)
    expected = ((z @ shrunk.inverse()) * z).sum(1).div(5).sqrt()

    torch.testing.assert_close(distance(features), expected, rtol=1e-4, atol=1e-5)


def test_with_fewer_images_than_features_it_is_the_same_distance():
    features = cloud(12, 30)
    distance = fit_distance(features)

    z = (features - features.mean(0)) / features.std(0)
    covariance = z.T @ z / (len(z) - 1)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * covariance.trace() / 30 * torch.eye(30)
    others = cloud(8, 30, seed=1)
    y = (others - features.mean(0)) / features.std(0)
    expected = ((y @ shrunk.inverse()) * y).sum(1).div(30).sqrt()

    torch.testing.assert_close(distance(others), expected, rtol=1e-4, atol=1e-5)


def test_what_it_was_fitted_to_is_near_and_other_things_are_far():
    features = cloud(200, 20)
    distance = fit_distance(features)

    assert 0.8 < float(distance(features).mean()) < 1.2
    assert float(distance(features + 40.0).min()) > 3 * float(distance(features).max())


def test_in_sixteen_bit_it_stays_small_and_nearly_the_same():
    features = cloud(100, 2400)
    distance = fit_distance(features)
    tensors = distance.to_tensors()
    restored = SupportDistance.from_tensors(tensors)

    assert sum(t.numel() * t.element_size() for t in tensors.values()) < 500_000
    others = cloud(20, 2400, seed=1)
    torch.testing.assert_close(restored(others), distance(others), rtol=5e-3, atol=0)


@settings(max_examples=25, deadline=None)
@given(st.floats(1.1, 50.0), st.integers(0, 5))
def test_further_along_any_line_from_the_middle_is_further_away(factor, row):
    features = cloud(40, 6)
    distance, middle = fit_distance(features), features.mean(0)
    near = features[row : row + 1]

    assert float(distance(middle + factor * (near - middle))[0]) > float(distance(near)[0])


def test_one_image_or_equal_images_cannot_be_fitted():
    for features in (torch.ones(1, 4), torch.ones(5, 4)):
        with pytest.raises(ValueError, match="two different images"):
            fit_distance(features)


def test_a_feature_that_never_varies_may_be_there():
    features = cloud(30, 4)
    features[:, 2] = 7.0
    assert bool(fit_distance(features)(features).isfinite().all())


def test_tensors_that_are_no_distance_are_refused():
    tensors = fit_distance(cloud(30, 4)).to_tensors()
    for spoiled in (
        {name: t for name, t in tensors.items() if name != "rest"},
        {**tensors, "mean": tensors["mean"][:2]},
        {**tensors, "variances": -tensors["variances"]},
        {**tensors, "axes": tensors["axes"] * float("nan")},
    ):
        with pytest.raises(ValueError, match="distance"):
            SupportDistance.from_tensors(spoiled)
