import numpy as np
import pytest

from training.datasets.phantom.noise import clouds, derive, stream


def test_a_stream_depends_on_its_seed_and_names_alone():
    first = stream(7, "ribs", 2).random(5)
    stream(7, "spine").random(100)  # others do not disturb it
    assert np.array_equal(stream(7, "ribs", 2).random(5), first)
    for other in (stream(8, "ribs", 2), stream(7, "ribs", 3), stream(7 + 2**40, "ribs", 2)):
        assert not np.array_equal(other.random(5), first)


def test_derived_seeds_are_63_bits_and_stable():
    assert derive(7, "patient", 1) == derive(7, "patient", 1) != derive(7, "patient", 2)
    assert 0 <= derive(7, "patient", 1) < 2**63


def test_clouds_are_centred_with_a_standard_deviation_of_about_one():
    field = clouds(stream(3, "clouds"), (256, 200), cells=12, octaves=3)
    assert field.shape == (256, 200) and field.dtype == np.float32
    assert abs(field.mean()) < 0.2 and field.std() == pytest.approx(1.0, abs=0.25)


def test_clouds_have_the_same_lumps_at_every_image_size():
    small, large = (
        clouds(stream(3, "clouds"), (side, side), cells=6, octaves=1) for side in (64, 128)
    )
    shrunk = large.reshape(64, 2, 64, 2).mean(axis=(1, 3))
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.95
