import pytest

from dprotonet.errors import ReadableError
from training.evaluation.out_of_fold import fold_bundle, out_of_fold


def test_networks_of_fewer_than_two_folds_are_refused_with_the_command_that_trains_them(tmp_path):
    fold_bundle(tmp_path, 0).mkdir(parents=True)
    fold_bundle(tmp_path, 2).mkdir(parents=True)  # behind a gap: not counted
    with pytest.raises(ReadableError, match=r"networks of 1 folds\. Run .* --folds 5 --bundles"):
        out_of_fold(tmp_path, None, ["centre"])
