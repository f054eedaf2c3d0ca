import copy
import dataclasses

import torch

from tests.training.learning.exports import export
from training.learning.fine_tune import LearnSettings, fine_tune
from training.learning.judged_images import find_images
from training.learning.judgements import read_feedback


def _judged(bundle, opened, words, tmp_path):
    said = read_feedback(export(tmp_path / "f.json", bundle.digest, words), bundle)
    return find_images(said, opened, None)


def test_an_artefact_is_forgotten_and_backbone_and_last_layer_stay(
    bundle, opened, hashes, tmp_path
):
    words = {hashes[0]: {"p00": "artefact"}, hashes[2]: {"p00": "artefact"}}
    judged = _judged(bundle, opened, words, tmp_path)
    model = copy.deepcopy(bundle.model)
    with torch.inference_mode():
        before = model(judged.inputs).similarities[:, 0]
    seen = []
    settings = LearnSettings(epochs=6, rate=1e-2, batch_size=8)
    history = fine_tune(model, opened, judged, settings, epoch_done=seen.append)
    with torch.inference_mode():
        after = model(judged.inputs).similarities[:, 0]
    assert (after < before - 0.2).all()
    assert history[-1]["forget"] < 0.5 * history[0]["forget"] and seen == [1, 2, 3, 4, 5, 6]
    parts, old = model.part_digests(), bundle.model.part_digests()
    assert parts["backbone"] == old["backbone"] and parts["head"] == old["head"]
    assert parts["masks"] != old["masks"] and parts["prototypes"] != old["prototypes"]
    assert not any(p.requires_grad for p in model.parameters())


def test_what_is_useful_is_remembered_better_with_the_term_than_without(
    bundle, opened, hashes, tmp_path
):
    words = {hashes[0]: {"p00": "artefact"}, hashes[4]: {"p01": "useful"}}
    judged = _judged(bundle, opened, words, tmp_path)
    (image, prototype), results = judged.useful[0].tolist(), []
    for remember in (0.0, 50.0):
        model = copy.deepcopy(bundle.model)
        settings = LearnSettings(epochs=6, rate=1e-2, batch_size=8, remember=remember)
        fine_tune(model, opened, judged, settings)
        with torch.inference_mode():
            results.append(float(model(judged.inputs).similarities[image, prototype]))
    assert results[1] > results[0]


def test_the_same_settings_give_the_same_bits(bundle, opened, hashes, tmp_path):
    judged = _judged(bundle, opened, {hashes[0]: {"p00": "artefact"}}, tmp_path)
    digests = []
    for seed in (0, 0, 1):
        model = copy.deepcopy(bundle.model)
        settings = dataclasses.replace(LearnSettings(), epochs=1, batch_size=8, seed=seed)
        fine_tune(model, opened, judged, settings)
        digests.append(model.part_digests()["prototypes"])
    assert digests[0] == digests[1] != digests[2]
