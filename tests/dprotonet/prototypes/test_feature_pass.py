import pytest

from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.prototypes.samples import COUNT, batches


def test_a_sample_that_comes_twice_is_refused(model, images):
    with pytest.raises(ValueError, match="'sample-03' came twice"):
        update_prototypes(model, batches(images, [*range(COUNT), 3], [4]))
