import dataclasses
import shutil
from types import SimpleNamespace

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.bundle.manifest import RESPONSES, write_manifest
from dprotonet.editing.apply import CHANGED, apply_edit
from dprotonet.editing.propose import propose_edit
from dprotonet.explain.reader.settings import ReaderSettings
from tests.training.learning.exports import export
from training.fitting.protopnet.patch_pruning import PatchRule
from training.fitting.reader import attach_reader
from training.fitting.support import attach_support
from training.learning import new_bundle
from training.learning.fine_tune import LearnSettings
from training.learning.learn import learn
from training.learning.prune import prune
from training.learning.responses import complete
from training.recipe import load_recipe


@dataclasses.dataclass
class Context:
    recipe: object
    device: str = "cpu"


@pytest.fixture
def opened():
    recipe = load_recipe("phantom", [])
    card = dataclasses.replace(recipe.card, limits=("One site.", f"{CHANGED}earlier."))
    bundle = SimpleNamespace(gallery=(), changes=("first",))
    return SimpleNamespace(
        bundle=bundle, context=Context(dataclasses.replace(recipe, card=card)), rows="rows"
    )


def test_the_card_says_the_last_change_alone(opened, tmp_path, monkeypatch):
    written = {}

    def write(context, rows, fitted, black, folder, options, **more):
        written.update(more, context=context, rows=rows, pictures=options.pictures)
        folder.mkdir()

    monkeypatch.setattr(new_bundle, "write_bundle", write)
    monkeypatch.setattr(new_bundle.Bundle, "load", lambda place, **how: place)
    monkeypatch.setattr(new_bundle, "carry_on", lambda parent, child: child)
    place = tmp_path / "deep" / "new"
    result = new_bundle.write_new(opened, "fitted", "second", place, said="later.", sources=3)
    assert result == place and place.is_dir() and list(place.parent.iterdir()) == [place]
    assert written["context"].recipe.card.limits == ("One site.", f"{CHANGED}later.")
    assert written["changes"] == ("first", "second") and written["pictures"] is False


def test_what_is_stopped_leaves_nothing_half_written(opened, tmp_path, monkeypatch):
    def stopped(context, rows, fitted, black, folder, options, **more):
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(new_bundle, "write_bundle", stopped)
    with pytest.raises(KeyboardInterrupt):
        new_bundle.write_new(opened, "fitted", "second", tmp_path / "new", said="x", sources=3)
    assert list(tmp_path.iterdir()) == []


def learned(parent, data, out, hashes):
    feedback = export(out.with_suffix(".json"), parent.digest, {hashes[0]: {"p00": "artefact"}})
    learn(parent, feedback, data, out, settings=LearnSettings(epochs=1), sources=0)
    return out / "bundle"


def pruned(parent, data, out, hashes):
    prune(parent, data, out, rule=PatchRule(least=6), sources=0)
    return out


def edited(parent, data, out, hashes):
    return apply_edit(parent, propose_edit(parent, off=("p00",), tolerance=99.0), out).path


def given_a_reader(parent, data, out, hashes):
    attach_reader(parent, data, out, ReaderSettings(steps=1, cells=28), most=20, least=-9.0)
    return out


def given_a_gate(parent, data, out, hashes):
    shutil.copytree(parent.path, out)
    return attach_support(Bundle.load(out), data).path


def without_responses(bundle, place):
    shutil.copytree(bundle.path, place)
    (place / RESPONSES).unlink()
    files = {k: v for k, v in bundle.manifest.files.items() if k != RESPONSES}
    write_manifest(place, dataclasses.replace(bundle.manifest, files=files))
    return Bundle.load(place)


def amended(parent, data, out, hashes):
    shutil.copytree(parent.path, out)
    return Bundle.load(out).amend(name="other", temperature=2.0).path


@pytest.fixture(scope="module")
def parent(patches, class_folder, tmp_path_factory):
    """With all that can be given to a bundle after its training."""
    folder = tmp_path_factory.mktemp("parent")
    attach_reader(
        Bundle.load(patches),
        class_folder,
        folder / "read",
        ReaderSettings(steps=1, cells=28),
        most=20,
        least=-9.0,
    )
    bundle = Bundle.load(folder / "read")
    card = dataclasses.replace(bundle.card, intended_use="For one site.", data="Their own.")
    code = ClassCode("17621005", "SCT", "Normal")
    return bundle.amend(card=card, codes={bundle.classes[0]: code})


@pytest.mark.parametrize(
    ("change", "keeps_reader"),
    [
        (learned, False),
        (pruned, True),
        (edited, True),
        (given_a_reader, True),
        (given_a_gate, True),
        (amended, True),
    ],
)
def test_what_a_bundle_was_given_every_bundle_that_is_made_of_it_has(
    parent, class_folder, hashes, tmp_path, change, keeps_reader
):
    child = Bundle.load(change(parent, class_folder, tmp_path / "child", hashes))
    assert child.digest != parent.digest
    assert child.codes == parent.codes and child.codes
    assert (child.reader_facts is not None) is keeps_reader
    assert child.support_limits is not None and child.has_responses
    for name in ("negative_class", "preprocessing", "rows"):
        assert getattr(child.manifest, name) == getattr(parent.manifest, name)
    for name in ("title", "summary", "intended_use", "data", "licence", "note_on_classes", "scope"):
        assert getattr(child.card, name) == getattr(parent.card, name)
    own = len(parent.changes)
    assert child.changes[:own] == parent.changes
    assert change in (given_a_gate, amended) or child.parent == parent.digest


def test_responses_that_are_added_leave_the_rest_as_it_was(parent, class_folder, tmp_path):
    older = without_responses(parent, tmp_path / "older")
    child = complete(older, class_folder, tmp_path / "child", device="cpu")
    new = dataclasses.replace(child.manifest, files=older.manifest.files, changes=parent.changes)
    assert new == older.manifest and child.has_responses


def test_a_bundle_with_concepts_gets_a_reader_a_gate_and_responses_by_the_same_commands(
    axes, class_folder, hashes, tmp_path
):
    read = Bundle.load(given_a_reader(Bundle.load(axes), class_folder, tmp_path / "read", hashes))
    assert read.reasons_network.mask_reader is not None
    gated = Bundle.load(given_a_gate(read, class_folder, tmp_path / "gated", hashes))
    assert gated.support_limits is not None and gated.reader_facts == read.reader_facts
    older = without_responses(gated, tmp_path / "older")
    child = complete(older, class_folder, tmp_path / "child", device="cpu")
    assert child.has_responses and child.reader_facts == read.reader_facts
    assert child.concepts == gated.concepts
