"""What readers said of prototypes, from the application's export of annotations.

The file is the interface (``dprotonet-review/annotations/2``, or ``/1``, which says less of each);
nothing of the application is imported. Names of readers and files in it are not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError

SCHEMAS = ("dprotonet-review/annotations/2", "dprotonet-review/annotations/1")
ARTEFACT, USEFUL = "artefact", "useful"
REJECTED = "reject"  # the verdict of a reader who says that the image was called wrongly
_Record = Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """One reader's word on one prototype on one image.

    Attributes:
        prototype: its id.
        artefact: it shows an artefact, and is to be forgotten there; otherwise it is useful.
        file_sha256: of the image's file.
        pixel_sha256: of its decoded pixels.
    """

    prototype: str
    artefact: bool
    file_sha256: str
    pixel_sha256: str

    @property
    def hashes(self) -> tuple[str, str]:
        """Either names the image."""
        return self.file_sha256, self.pixel_sha256


@dataclass(frozen=True)
class Correction:
    """A reader's word that an image was called wrongly.

    Attributes:
        class_name: that the reader gave in place of what was called; one of the bundle's.
        file_sha256: of the image's file.
        pixel_sha256: of its decoded pixels.
    """

    class_name: str
    file_sha256: str
    pixel_sha256: str

    @property
    def hashes(self) -> tuple[str, str]:
        """Either names the image."""
        return self.file_sha256, self.pixel_sha256


@dataclass(frozen=True)
class Feedback:
    """What an export holds that a bundle can learn from.

    Attributes:
        judgements: each once, artefacts first.
        of_other_models: judgements of prototypes of another model.
        undecided: judgements that say neither "artefact" nor "useful", or, of one prototype on one
            image, both.
        corrections: one an image, of a network with concepts: its last layer learns classes too.
    """

    judgements: tuple[Judgement, ...]
    of_other_models: int
    undecided: int
    corrections: tuple[Correction, ...] = ()


def read_feedback(file: Path, bundle: Bundle) -> Feedback:
    """The judgements in an export, of this bundle or one with the same prototypes.

    Raises:
        ReadableError: the file is no such export, or holds nothing to learn from.
    """
    known = bundle.same_prototypes
    kinds: dict[tuple[str, str, str], set[bool]] = {}
    others = undecided = 0
    records = list(_latest(file))
    judged = {one.id for one in bundle.prototypes if one.kind != "other"}
    for record, name, word in _words(records):
        if record.get("model_sha256") not in known or name not in judged:
            others += 1
        elif word not in (ARTEFACT, USEFUL):
            undecided += 1
        else:
            image = str(record.get("file_sha256", "")), str(record.get("pixel_sha256", ""))
            kinds.setdefault((name, *image), set()).add(word == ARTEFACT)
    agreed = [
        Judgement(at[0], True in said, *at[1:]) for at, said in kinds.items() if len(said) == 1
    ]
    undecided += sum(len(said) > 1 for said in kinds.values())
    own = [record for record in records if record.get("model_sha256") in known]
    corrections = _corrections(own, bundle) if bundle.concepts else ()
    if not agreed and not corrections:
        raise ReadableError(
            f"{file.name} holds no judgement that {bundle.name} can learn from ({others} are of "
            f"other models, {undecided} say neither artefact nor useful, or both). Judge "
            f"{'concepts' if bundle.concepts else 'prototypes'} of this model in the review, and "
            "export the annotations again."
        )
    ordered = sorted(agreed, key=lambda j: (not j.artefact, j.prototype, j.hashes))
    return Feedback(tuple(ordered), others, undecided, corrections)


def _corrections(records: Sequence[_Record], bundle: Bundle) -> tuple[Correction, ...]:
    """The classes that readers gave in place of what was called, where they agree; of a model of
    several labels none, since one class says nothing of the others."""
    found: dict[tuple[str, str], set[str]] = {}
    for record in records:
        name = record.get("corrected_label")
        if name in bundle.classes and record.get("verdict") == REJECTED and not bundle.multi_label:
            image = str(record.get("file_sha256", "")), str(record.get("pixel_sha256", ""))
            found.setdefault(image, set()).add(str(name))
    agreed = [Correction(min(names), *image) for image, names in found.items() if len(names) == 1]
    return tuple(sorted(agreed, key=lambda one: one.hashes))


def _words(records: Sequence[_Record]) -> Iterator[tuple[_Record, str, str | None]]:
    """Record, prototype and what was said of it."""
    for record in records:
        for name, judgement in record["prototype_judgements"].items():
            yield record, name, judgement.get("usefulness")


def _latest(file: Path) -> Iterator[_Record]:
    """The latest revisions on first frames.

    Raises:
        ReadableError: the file is no such export.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["schema"] not in SCHEMAS:
            raise ValueError(f"its schema is {document['schema']!r}")
        for record in document["annotations"]:
            if record.get("is_latest", True) and record.get("frame", 0) == 0:
                for judgement in record["prototype_judgements"].values():
                    judgement.get("usefulness")
                yield record
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadableError(
            f"{file} is no export of annotations ({error}). Download the JSON file on the page "
            "Annotations, and give that."
        ) from error
