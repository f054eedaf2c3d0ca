"""The images that readers judged, found again by their hashes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError, UnreadableImage
from dprotonet.images.hashes import file_sha256
from dprotonet.images.reader import read_image
from dprotonet.images.walk import walk
from training.data.inputs import images_a_pass
from training.learning.judgements import Correction, Feedback, Judgement
from training.learning.reopened import Reopened

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class JudgedImages:
    """Network inputs of judged images, and which prototypes were judged on them.

    Attributes:
        inputs: ``(J, 3, S, S)`` normalised.
        names: J hashes of the images' files.
        artefacts: ``(A, 2)`` int64: image and prototype, to be forgotten.
        useful: ``(U, 2)`` int64: image and prototype, to be remembered.
        corrected: ``(C, 2)`` int64: image and the class that it has.
        patients: of the judged images that are in the data set.
        missing: judgements and corrections whose image was not found.
    """

    inputs: Tensor
    names: tuple[str, ...]
    artefacts: Tensor
    useful: Tensor
    corrected: Tensor
    patients: frozenset[str]
    missing: int

    def passes(self) -> tuple[Tensor, ...]:
        """The inputs, parted into as many as pass a network together."""
        return self.inputs.split(images_a_pass(self.inputs.shape[-1]))

    def are_of(self, patients: NDArray) -> NDArray[np.bool_]:
        """``(N,)``: whether a patient has a judged image."""
        return np.array([name in self.patients for name in patients])


def find_images(feedback: Feedback, opened: Reopened, folder: Path | None) -> JudgedImages:
    """Look for the judged images among the data, then in a folder of files.

    Args:
        folder: of image files of any names, such as those of the application; None for none.

    Raises:
        ReadableError: none was found.
    """
    images = opened.context.images
    row_of = {digest: row for row, digest in enumerate(images.sha256s)}
    inputs: dict[str, Tensor] = {}
    patients, missing = set(), 0
    pairs: list[tuple[Judgement | Correction, int]] = []
    said: tuple[Judgement | Correction, ...] = (*feedback.judgements, *feedback.corrections)
    in_folder = _files(folder, said)
    for judgement in said:
        row = next((row_of[h] for h in judgement.hashes if h in row_of), None)
        name = judgement.file_sha256
        if row is not None:
            inputs.setdefault(name, opened.context.live.clean(torch.tensor([row]))[0])
            patients.add(str(images.patients[row]))
        elif name in in_folder and name not in inputs:
            found = _read(in_folder[name], opened.bundle)
            if found is not None:
                inputs[name] = found
        if name in inputs:
            pairs.append((judgement, list(inputs).index(name)))
        else:
            missing += 1
    if not inputs:
        raise ReadableError(
            "None of the judged images was found. Give the folder that holds them by --images."
        )
    ids, classes = opened.bundle.prototype_ids, opened.bundle.classes
    judged = [(one, at) for one, at in pairs if isinstance(one, Judgement)]
    return JudgedImages(
        torch.stack(list(inputs.values())),
        tuple(inputs),
        _pairs((at, ids.index(one.prototype)) for one, at in judged if one.artefact),
        _pairs((at, ids.index(one.prototype)) for one, at in judged if not one.artefact),
        _pairs(
            (at, classes.index(one.class_name)) for one, at in pairs if isinstance(one, Correction)
        ),
        frozenset(patients),
        missing,
    )


def _pairs(pairs: Iterable[tuple[int, int]]) -> Tensor:
    """``(n, 2)`` int64."""
    return torch.tensor(list(pairs), dtype=torch.int64).reshape(-1, 2)


def _files(folder: Path | None, judgements: Sequence[Judgement | Correction]) -> dict[str, Path]:
    """Files below the folder that were judged, by their hash."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ReadableError(f"There is no folder {folder}. Give the one of the judged images.")
    wanted = {judgement.file_sha256 for judgement in judgements}
    found = {}
    for entry in walk([folder]):
        try:
            digest = file_sha256(entry.path)
        except UnreadableImage:
            continue
        if digest in wanted:
            found[digest] = entry.path
    return found


def _read(file: Path, bundle: Bundle) -> Tensor | None:
    try:
        return bundle.preprocessing(read_image(file))[0]
    except UnreadableImage as error:
        _log.warning("a judged image cannot be read: %s", error)
        return None
