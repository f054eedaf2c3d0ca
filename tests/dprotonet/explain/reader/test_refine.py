from dataclasses import replace

import pytest
import torch

from dprotonet.explain.explanation import NO_READER, READER, REFINED, VIEWED
from dprotonet.explain.mdm.mdm import MDM
from dprotonet.explain.method import open_probe
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.reader.refine import LEAST_GAIN, _scores, _starts, drawn
from dprotonet.explain.settings import FILLS, HELD_OUT, MDMSettings
from tests.dprotonet.explain.reader.planted import peaks_inside, planted

SETTINGS = MDMSettings(refine_steps=3, areas_per_step=4, faithfulness_steps=3, precision="float32")
TEXTURE = ClassNode(1)


def opened(model, reader, image, settings=SETTINGS):
    return open_probe(
        model,
        image,
        [TEXTURE],
        settings,
        generator=torch.Generator().manual_seed(0),
        watch=reader.stage_names,
    )


def held_out_score(model, reader, image, heatmap):
    probe = opened(model, reader, image)
    return float(_scores(probe.under((HELD_OUT,), "log_odds"), heatmap[None])[0])


def test_a_refined_map_is_the_readers_own_or_better_under_the_held_out_fill(squares):
    model, trained = squares
    images, places = planted(6, seed=7)
    reader = trained.reader
    read = MDM(model, replace(SETTINGS, refine_steps=0), reader=reader).attribute(images, TEXTURE)
    maps = MDM(model, SETTINGS, reader=reader).attribute(images, TEXTURE)
    for image, before, after in zip(images, read[:, 0], maps[:, 0], strict=True):
        scores = [held_out_score(model, reader, image, one) for one in (before, after)]
        assert torch.equal(before, after) or scores[1] >= scores[0] + LEAST_GAIN - 1e-3
    assert peaks_inside(maps, places, "squares") >= 5


def test_a_reader_that_knows_nothing_is_mended_by_small_grids(squares):
    model, trained = squares
    from dprotonet.modeling.reader.mask_reader import build_reader

    reader = build_reader(trained.reader.options, seed=3)
    images, _ = planted(4, seed=8)
    settings = replace(SETTINGS, refine_steps=10, patience=0.0)
    gains = []
    for image in images:
        probe = opened(model, reader, image, settings)
        own = _starts(probe, reader, settings.reader_views)[0]
        start = held_out_score(model, reader, image, own)
        (heatmap,) = drawn(probe, reader, settings)
        gains.append(held_out_score(model, reader, image, heatmap.values) - start)
    assert min(gains) >= -1e-4 and max(gains) > 0.1


def test_facts_say_that_it_was_refined_and_what_it_cost(squares):
    model, trained = squares
    image = planted(1, seed=7)[0][0]
    (one,) = MDM(model, SETTINGS, reader=trained.reader).explain(image, [TEXTURE])
    assert one.passes_backward == 3 * 4 * 2
    assert (one.drawn_by, one.stop_reason) in [(REFINED, "steps"), (VIEWED, "held-out fill")]
    views = replace(SETTINGS, refine_steps=0)
    (viewed,) = MDM(model, views, reader=trained.reader).explain(image, [TEXTURE])
    assert (viewed.drawn_by, viewed.stop_reason, viewed.passes_backward) == (VIEWED, "done", 0)
    assert viewed.passes_forward - viewed.measuring_passes == 2 + 4
    single = replace(views, reader_views=1)
    (read,) = MDM(model, single, reader=trained.reader).explain(image, [TEXTURE])
    assert read.drawn_by == READER
    (plain,) = MDM(model, SETTINGS).explain(image, [TEXTURE])
    assert plain.drawn_by == NO_READER and plain.passes_backward > one.passes_backward


def test_the_fill_that_judges_the_steps_is_not_searched_with():
    assert HELD_OUT not in FILLS
    with pytest.raises(ValueError, match="fills"):
        MDMSettings(fills=("blur", HELD_OUT))
    with pytest.raises(ValueError, match="at least 0"):
        MDMSettings(refine_steps=-1)
    with pytest.raises(ValueError, match="refine_sizes"):
        MDMSettings(refine_sizes=())
    with pytest.raises(ValueError, match="reader_views"):
        MDMSettings(reader_views=99)
