from dataclasses import replace

import numpy as np

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.bundle.manifest import write_manifest
from dprotonet.editing.conditions import own_weights, usual_weight
from dprotonet.editing.head import last_layer
from dprotonet.editing.propose import responses_of
from tests.dprotonet.tiny_concepts import CONCEPTS, make_tiny_concept_bundle
from training.learning.kept_edit import kept_edit

WHEN = "2026-01-02T03:04:05+00:00"


def changed(bundle, **edit):
    change = Change("last_layer", bundle.digest, WHEN, **edit)
    write_manifest(bundle.path, replace(bundle.manifest, changes=(change,)))
    return Bundle.load(bundle.path)


def test_what_was_off_or_required_is_so_and_the_rest_is_fitted_around_it(tmp_path):
    bundle = make_tiny_concept_bundle(tmp_path / "b")
    weights, responses = last_layer(bundle).weights, responses_of(bundle)
    assert kept_edit(bundle, weights, 1.0, responses) is weights
    edited = changed(bundle, off=(CONCEPTS[0],), required=(CONCEPTS[1],))
    kept = kept_edit(edited, weights, 1.0, responses)
    assert (kept[:, 0] == 0.0).all() and not np.allclose(kept[:, 2:], weights[:, 2:])
    options = edited.reasons_options
    least = usual_weight(options, weights, nonnegative=False)[1]
    assert own_weights(options, kept, nonnegative=False)[1] >= least - 1e-6
