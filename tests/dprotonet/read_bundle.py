"""The small random bundles with a mask reader that was trained on nothing."""

from pathlib import Path

import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.parts import FittedReader
from dprotonet.bundle.reader.facts import READS, ReaderFacts
from dprotonet.bundle.writer import add_reader
from dprotonet.modeling.reader.mask_reader import build_reader, query_depth
from dprotonet.modeling.reader.options import ReaderOptions
from dprotonet.modeling.reader.stages import find_stages
from tests.dprotonet.tiny_bundle import SIZE, make_tiny_bundle
from tests.dprotonet.tiny_concepts import make_tiny_concept_bundle

WHEN = "2026-01-02T03:04:05+00:00"


def untrained_reader(bundle: Bundle, seed: int = 0) -> FittedReader:
    """A reader of random weights that fits the bundle's network, and what is said of it."""
    network = bundle.reasons_network
    stages = find_stages(network, torch.zeros(1, 3, SIZE, SIZE))
    options = ReaderOptions(stages, 16, 16, query_depth(network), len(bundle.classes))
    facts = ReaderFacts(
        options=options,
        made_with={part: bundle.manifest.parts[part] for part in READS},
        images=40,
        validation_images=8,
        steps=300,
        seed=seed,
        fills=("blur", "zero"),
        held_out="other image",
        validation=0.8,
        validation_before=-0.1,
    )
    return FittedReader(build_reader(options, seed), facts)


def make_read_bundle(directory: str | Path, **choices: object) -> Bundle:
    """A tiny bundle with such a reader, beside which lies the one without."""
    plain = make_tiny_bundle(Path(f"{directory}-plain"), **choices)  # type: ignore[arg-type]
    return add_reader(plain, untrained_reader(plain), Path(directory), when=WHEN)


def make_read_concept_bundle(directory: str | Path, **choices: object) -> Bundle:
    """The same of a network with concepts."""
    plain = make_tiny_concept_bundle(Path(f"{directory}-plain"), **choices)  # type: ignore[arg-type]
    return add_reader(plain, untrained_reader(plain), Path(directory), when=WHEN)
