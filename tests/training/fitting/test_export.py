import numpy as np
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.prototypes.own_map import OwnMap
from training.fitting.crossval import split_rows
from training.fitting.export import GalleryOptions, write_bundle
from training.fitting.fit import fit_network


def test_a_bundle_states_what_validation_chose_and_its_gallery_keeps_to_the_options(
    context, tmp_path
):
    rows = split_rows(context)
    fitted = fit_network(context, rows, out=None)
    options = GalleryOptions(sources=1, pictures=True)
    write_bundle(context, rows, fitted, None, tmp_path / "b", options, hardware="two cores")
    bundle = Bundle.load(tmp_path / "b")
    training = bundle.card.training
    assert training["chosen_on_validation"]["temperature"] == round(fitted.temperature, 4)
    assert training["films"]["train"] == len(rows.train)
    assert training["hardware"] == "two cores" and "black_box" not in bundle.card.metrics
    with_heatmap = [entry for entry in bundle.gallery if entry.heatmap]
    assert len(with_heatmap) == len(bundle.prototypes)
    assert all(entry.picture for entry in with_heatmap)
    assert len(bundle.gallery) > len(with_heatmap)
    rows_of = {s.sample_id: row for row, s in enumerate(context.images.samples)}
    for entry in bundle.gallery:
        number = bundle.prototype_ids.index(entry.prototype)
        with torch.inference_mode():
            image = context.live.clean(torch.tensor([rows_of[entry.sample_id]]))
            mask = fitted.network(image).masks[0, number]
        expected = OwnMap.of(mask.numpy())
        assert entry.own_map is not None and expected is not None
        difference = entry.own_map.values.astype(int) - expected.values
        assert np.abs(difference).max() <= 1  # other sums in a batch of another size
