from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from dprotonet.errors import WrongRequest
from dprotonet.images.reader import read_image
from dprotonet.inference.most_activated import most_activated
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle, tiny_images


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patches")
    return Predictor(make_tiny_bundle(folder / "tiny", masks="patch", prototypes_per_class=(2, 3)))


@pytest.fixture
def image():
    stream = BytesIO()
    Image.fromarray(tiny_images(2, 1)[0]).save(stream, "PNG")
    return read_image(stream.getvalue())


def test_contributions_are_similarity_times_weight_and_sum_to_the_logit(predictor, image):
    found = most_activated(predictor, image)
    assert len(found.rows) == 5
    for row in found.rows:
        assert row.contribution == pytest.approx(row.similarity * row.weight)
    assert sum(row.contribution for row in found.rows) == pytest.approx(found.logit, abs=1e-5)
    similar = [row.similarity for row in found.rows]
    assert similar == sorted(similar, reverse=True)
    assert found.class_name == found.label


def test_another_class_can_be_asked_for_and_fewer_prototypes(predictor, image):
    both = [most_activated(predictor, image, class_name=name) for name in ("none", "finding")]
    first, second = (np.array([row.weight for row in found.rows]) for found in both)
    assert not np.allclose(first, second)
    assert len(most_activated(predictor, image, count=2).rows) == 2
    with pytest.raises(WrongRequest, match="no class 'tumour'"):
        most_activated(predictor, image, class_name="tumour")


def test_a_model_that_compares_regions_is_refused(tmp_path, image):
    other = Predictor(make_tiny_bundle(tmp_path / "other"))
    with pytest.raises(WrongRequest, match="regions, not patches"):
        most_activated(other, image)
