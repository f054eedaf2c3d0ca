import shutil

import pytest
import torch

from dprotonet.errors import ReadableError
from tests.training.learning.exports import export
from training.learning.judged_images import JudgedImages, find_images
from training.learning.judgements import read_feedback


def test_images_are_found_among_the_data_and_in_a_folder_whatever_their_names(
    bundle, opened, hashes, class_folder, tmp_path
):
    from tests.training.replicas import image

    other = tmp_path / "blobs" / "ab"
    other.mkdir(parents=True)
    image(60, 999, colour=True).save(other / "x.png")
    (other / "x.png").rename(other / "0123")  # as an application may name it
    (other / "notes").write_text("no image")
    from dprotonet.images.hashes import file_sha256

    digest = file_sha256(other / "0123")
    words = {
        hashes[0]: {"p00": "artefact", "p01": "useful"},
        digest: {"p01": "artefact"},
        "c" * 64: {"p00": "artefact"},
    }
    said = read_feedback(export(tmp_path / "f.json", bundle.digest, words), bundle)
    judged = find_images(said, opened, tmp_path / "blobs")
    assert judged.inputs.shape == (2, 3, 64, 64) and set(judged.names) == {hashes[0], digest}
    at = {name: number for number, name in enumerate(judged.names)}
    assert {tuple(p) for p in judged.artefacts.tolist()} == {(at[hashes[0]], 0), (at[digest], 1)}
    assert judged.useful.tolist() == [[at[hashes[0]], 1]] and judged.missing == 1
    assert len(judged.patients) == 1
    row = opened.context.images.sha256s.index(hashes[0])
    live = opened.context.live.clean(torch.tensor([row]))[0]
    assert torch.equal(judged.inputs[at[hashes[0]]], live)
    alone = find_images(said, opened, None)
    assert alone.missing == 2 and len(alone.inputs) == 1
    shutil.rmtree(other)


def test_without_any_image_there_is_nothing_to_learn_from(bundle, opened, tmp_path):
    file = export(tmp_path / "f.json", bundle.digest, {"c" * 64: {"p00": "artefact"}})
    said = read_feedback(file, bundle)
    with pytest.raises(ReadableError, match="--images"):
        find_images(said, opened, None)
    with pytest.raises(ReadableError, match="There is no folder"):
        find_images(said, opened, tmp_path / "nowhere")


def test_judged_images_pass_together_as_their_size_allows():
    def passes(side: int) -> list[int]:
        pairs = torch.empty(0, 2, dtype=torch.int64)
        inputs = torch.empty(1, 1, 1, 1).expand(40, 3, side, side)
        judged = JudgedImages(inputs, ("",) * 40, pairs, pairs, pairs, frozenset(), 0)
        return [len(part) for part in judged.passes()]

    assert passes(224) == [32, 8]
    assert passes(448) == [8, 8, 8, 8, 8]
