import shutil
from dataclasses import fields, replace

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.carried import ADDED, GIVEN, MADE_ANEW, carry_on
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.bundle.manifest import READER, Manifest
from dprotonet.bundle.parts import FittedReader
from dprotonet.bundle.reader.facts import READS, ReaderFacts
from dprotonet.bundle.writer import add_reader
from dprotonet.modeling.reader.mask_reader import build_reader
from dprotonet.modeling.reader.options import ReaderOptions, Stage

CODE = {"normal": ClassCode("17621005", "SCT", "Normal")}
MAPS = {"drawn_by": {}}


@pytest.fixture
def child(folder):
    return Bundle.load(folder)


def with_reader(bundle, place, *, made_with):
    network = bundle.model
    stages = (Stage("backbone", network.backbone.out_channels),)
    depth, classes = network.prototypes.shape[1], len(bundle.classes)
    options = ReaderOptions(stages, 28, 8, depth, classes)
    facts = ReaderFacts(options, made_with, 20, 4, 1, 0, ("blur",), "mosaic", 0.1, 0.0)
    fitted = FittedReader(build_reader(options), facts)
    return add_reader(
        bundle, fitted, place, when="2026-01-01T00:00:00+00:00", trained={"steps": 1}, maps=MAPS
    )


def test_of_every_field_of_a_manifest_it_is_said_where_a_child_has_it_from():
    assert sorted((*GIVEN, *ADDED, *MADE_ANEW)) == sorted(item.name for item in fields(Manifest))


def test_the_codes_that_a_site_gave_go_on_and_nothing_else_changes(saved, child, tmp_path):
    shutil.copytree(saved.path, tmp_path / "parent")
    name = saved.classes[0]
    parent = Bundle.load(tmp_path / "parent").amend(codes={name: CODE["normal"]})
    after = carry_on(parent, child)
    assert after.codes == parent.codes != saved.codes
    assert replace(after.manifest, codes={}) == saved.manifest


def test_a_mask_reader_goes_on_where_backbone_and_masks_are_the_same(saved, child, tmp_path):
    made_with = {part: saved.manifest.parts[part] for part in READS}
    parent = with_reader(saved, tmp_path / "parent", made_with=made_with)
    after = carry_on(parent, child)
    assert after.reader_facts == parent.reader_facts
    assert after.manifest.files[READER] == parent.manifest.files[READER]
    assert after.card.training["reader"] == {"steps": 1} and after.card.evaluation["maps"] == MAPS
    assert Bundle.load(after.path).model.mask_reader is not None


def test_a_mask_reader_of_another_network_stays_behind(saved, child, tmp_path, monkeypatch):
    made_with = {part: saved.manifest.parts[part] for part in READS}
    parent = with_reader(saved, tmp_path / "parent", made_with=made_with)
    monkeypatch.setattr(ReaderFacts, "fits", lambda facts, parts: False)
    after = carry_on(parent, child)
    assert after.reader_facts is None and READER not in after.manifest.files
    assert after.card == saved.card
